"""JSON lines to stderr, app.log and error.log; each names the request that it belongs to."""

from __future__ import annotations

import logging
import re
import sys
import time
from contextvars import ContextVar
from typing import Any
from uuid import uuid4

from concurrent_log_handler import ConcurrentRotatingFileHandler
from flask import Flask, Response, g, request
from pythonjsonlogger.json import JsonFormatter
from sqlalchemy import Engine, event

from aoi.config import Settings
from aoi.metrics.meters import meters

MAX_BYTES = 20 * 1024 * 1024
BACKUPS = 9
REQUEST_ID_HEADER = "X-Request-ID"
REQUEST_ID_PATTERN = re.compile(r"[\w.:/+=-]{1,128}")

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
request_log = logging.getLogger("aoi.request")
query_log = logging.getLogger("aoi.query")

# What an earlier call in this process set up.
_ours: list[logging.Handler] = []


class RequestIdFilter(logging.Filter):
    """Add the request's id to each record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True


def configure_logging(settings: Settings) -> None:
    """Send every record of this process to stderr and to the two files."""
    settings.log_dir.mkdir(parents=True, exist_ok=True)
    formatter = JsonFormatter(
        "{levelname}{name}{message}{request_id}{process}",
        style="{",
        timestamp="time",
        rename_fields={"levelname": "level", "name": "logger"},
        json_ensure_ascii=False,
    )
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    for name, level in (("app.log", logging.NOTSET), ("error.log", logging.ERROR)):
        # Several processes write these files: rotation must not lose a line.
        handler = ConcurrentRotatingFileHandler(
            settings.log_dir / name, maxBytes=MAX_BYTES, backupCount=BACKUPS, encoding="utf-8"
        )
        handler.setLevel(level)
        handlers.append(handler)
    root = logging.getLogger()
    for old in _ours:
        root.removeHandler(old)
        old.close()
    _ours[:] = handlers
    for each in handlers:
        each.setFormatter(formatter)
        each.addFilter(RequestIdFilter())
        root.addHandler(each)
    root.setLevel(settings.log_level)
    # Both tell of every job or connection at INFO; inspection.py tells what matters.
    for noisy in ("procrastinate", "urllib3", "PIL", "alembic", "pyvips"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))


def log_requests(app: Flask) -> None:
    """Give each request an id, answer with it, and log how it ended."""

    @app.before_request
    def begin() -> None:
        given = request.headers.get(REQUEST_ID_HEADER, "")
        request_id.set(given if REQUEST_ID_PATTERN.fullmatch(given) else uuid4().hex)
        g.started = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        response.headers[REQUEST_ID_HEADER] = request_id.get() or ""
        started = g.get("started")
        quiet = request.path.startswith(("/static/", "/health"))
        request_log.log(
            logging.DEBUG if quiet else logging.INFO,
            "%s %s %s",
            request.method,
            request.path,
            response.status_code,
            extra={
                "method": request.method,
                "path": request.path,
                "status": response.status_code,
                "duration_ms": _milliseconds(started) if started else None,
                "remote": request.remote_addr,
            },
        )
        return response


def log_queries(engine: Engine, slow_ms: float) -> None:
    """Log each query at DEBUG, slow ones as warnings; never their parameters."""

    @event.listens_for(engine, "before_cursor_execute")
    def begin(conn: Any, *_: Any) -> None:
        conn.info["query_started"] = time.perf_counter()

    @event.listens_for(engine, "after_cursor_execute")
    def end(conn: Any, cursor: Any, statement: str, *_: Any) -> None:
        duration = _milliseconds(conn.info["query_started"])
        slow = duration >= slow_ms
        if not slow and not query_log.isEnabledFor(logging.DEBUG):
            return
        if slow:
            meters().slow_queries.inc()
        words = statement.split(None, 1)
        query_log.log(
            logging.WARNING if slow else logging.DEBUG,
            "slow query" if slow else "query",
            extra={
                "query_type": words[0].upper() if words else "",
                "duration_ms": duration,
                "statement": " ".join(statement.split())[:2000],
            },
        )


def _milliseconds(started: float) -> float:
    return round(1000 * (time.perf_counter() - started), 2)

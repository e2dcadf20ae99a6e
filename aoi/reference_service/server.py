"""The service's process: gunicorn with one worker, and logs as lines of JSON."""

import json
import logging
import sys
from datetime import datetime
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped,unused-ignore]

_PLAIN_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class Server(BaseApplication):  # type: ignore[misc,unused-ignore]  # gunicorn has no types
    """Gunicorn without its command line; the model is loaded in the worker."""

    def __init__(self, host: str, port: int, threads: int) -> None:
        self._address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._threads = threads
        super().__init__()

    def load_config(self) -> None:
        """Set gunicorn's options."""
        settings: dict[str, Any] = {
            "bind": self._address,
            "workers": 1,
            "worker_class": "gthread",
            # Inferences wait for each other; the other threads answer /health meanwhile.
            "threads": 8,
            # A running inference is finished before the process ends, the largest image's too.
            "graceful_timeout": 60,
            "timeout": 120,
            "keepalive": 0,
            "loglevel": "warning",
            "control_socket_disable": True,
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Build the app in the worker process."""
        # Imported here: onnxruntime and OpenCV start threads, which a fork would not take along.
        import cv2

        from .app import create_app
        from .inspection import Inspector

        cv2.setNumThreads(self._threads)
        inspector = Inspector(threads=self._threads)
        inspector.start_loading()
        return create_app(inspector)


class JsonLines(logging.Formatter):
    """Formats a record and its extra fields as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        fields = {
            "time": datetime.fromtimestamp(record.created).astimezone().isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        fields |= {k: v for k, v in vars(record).items() if k not in _PLAIN_FIELDS}
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        return json.dumps(fields, default=str, ensure_ascii=False)


def log_to_stderr() -> None:
    """Send every log of this process to stderr as lines of JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler])


def serve(host: str, port: int, threads: int) -> None:
    """Serve until SIGTERM or SIGINT."""
    log_to_stderr()
    Server(host, port, threads).run()

"""What /health tells; every part answers in time, whatever hangs behind it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import psycopg2

from aoi.config import Settings
from aoi.disk import disk_usage
from aoi.segformer.client import SegformerClient

log = logging.getLogger(__name__)

# The answer is due within 2 s.
CHECK_SECONDS = 1.5

QUEUE_QUERY = """
    SELECT count(*), coalesce(extract(epoch FROM now() - min(created_at)), 0)
      FROM uploads WHERE status = 'queued'
"""
# Workers that beat within so many seconds; each does every 2 s.
WORKERS_QUERY = """
    SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '10 s'
"""
# What waits longer while no worker is at work has nobody who would begin with it.
UNATTENDED_SECONDS = 15
# A connection whose other end is gone without a word is given up in a few seconds.
IMPATIENT: dict[str, Any] = {
    "connect_timeout": 2,
    "tcp_user_timeout": 2000,
    "keepalives_idle": 2,
    "keepalives_interval": 1,
    "keepalives_count": 2,
    "options": f"-c statement_timeout={int(CHECK_SECONDS * 1000)}",
}
# What the workers have noticed.
OUTAGE_QUERY = "SELECT since, error_code FROM service_outages WHERE ended_at IS NULL"


Answer = dict[str, Any]

DATABASE_AWAY: Answer = {
    "database": {"status": "error", "latency_ms": None, "version": None},
    "queue": {"status": "unknown", "queued": None, "oldest_queued_seconds": None},
    "outage": None,
}
SEGFORMER_SILENT: Answer = {"status": "timeout", "model_loaded": None}
STORAGE_SILENT: Answer = {"status": "warning", "used_percent": None, "accepts_uploads": None}


class Question:
    """Something asked in a thread of its own; one that hangs is not asked again meanwhile."""

    def __init__(self, ask: Callable[[], Answer], otherwise: Answer) -> None:
        self._ask = ask
        self._otherwise = otherwise
        self._lock = threading.Lock()
        self._asking: _Asking | None = None

    def begin(self) -> _Asking:
        """Ask, or join in the asking that goes on."""
        with self._lock:
            if self._asking is None or self._asking.ended.is_set():
                self._asking = _Asking(self._ask, self._otherwise)
                self._asking.start()
            return self._asking


class _Asking(threading.Thread):
    def __init__(self, ask: Callable[[], Answer], otherwise: Answer) -> None:
        # As a daemon, what hangs for ever does not keep the process from ending.
        super().__init__(name="health", daemon=True)
        self._ask = ask
        self._found = otherwise
        self.ended = threading.Event()

    def run(self) -> None:
        try:
            self._found = self._ask()
        finally:
            self.ended.set()

    def answer(self, deadline: float) -> Answer:
        self.ended.wait(max(0.0, deadline - time.monotonic()))
        return self._found


class Health:
    """The checks of one process, and since when SegFormer is away as it has seen it."""

    def __init__(self, settings: Settings, client: SegformerClient) -> None:
        self._database = Question(lambda: check_database(settings.libpq_url), DATABASE_AWAY)
        self._segformer = Question(
            lambda: dict(client.health(CHECK_SECONDS - 0.2)), SEGFORMER_SILENT
        )
        self._storage = Question(lambda: check_storage(settings), STORAGE_SILENT)
        self._away_since: datetime | None = None
        self._started_at = datetime.now(UTC)

    def report(self) -> dict[str, Any]:
        """Return the status and the checks, as the contract has them."""
        deadline = time.monotonic() + CHECK_SECONDS
        asked = [question.begin() for question in (self._database, self._segformer, self._storage)]
        known, segformer, storage = (each.answer(deadline) for each in asked)
        checks = {
            "database": known["database"],
            # Since when the workers wait tells more than when this process was first asked.
            "segformer": self._since(segformer) | (known["outage"] or {}),
            "storage": storage,
            "queue": known["queue"],
        }
        return {
            "status": overall(checks),
            "timestamp": datetime.now(UTC),
            "started_at": self._started_at,
            "checks": checks,
        }

    def _since(self, segformer: dict[str, Any]) -> dict[str, Any]:
        if segformer["status"] == "ok":
            self._away_since = None
        elif self._away_since is None:
            self._away_since = datetime.now(UTC)
        return segformer | {"since": self._away_since}


def overall(checks: dict[str, Any]) -> str:
    """Return error without a database, degraded where something needs a look, else ok."""
    if checks["database"]["status"] != "ok":
        return "error"
    return "ok" if all(check["status"] == "ok" for check in checks.values()) else "degraded"


def check_database(url: str) -> dict[str, Any]:
    """Ask the database and the queue, on a connection of its own: the pool may be exhausted."""
    try:
        link = psycopg2.connect(url, **IMPATIENT)
        try:
            with link.cursor() as cursor:
                started = time.perf_counter()
                cursor.execute(QUEUE_QUERY)
                queued, oldest = cursor.fetchone() or (0, 0)
                latency = time.perf_counter() - started
                cursor.execute(WORKERS_QUERY)
                (workers,) = cursor.fetchone() or (0,)
                cursor.execute(OUTAGE_QUERY)
                outage = cursor.fetchone()
            version = link.get_parameter_status("server_version") or ""
        finally:
            link.close()
    except psycopg2.Error as err:
        log.error("the database does not answer: %s", str(err).strip())
        return DATABASE_AWAY
    unattended = queued and oldest > UNATTENDED_SECONDS and not workers
    return {
        "database": {
            "status": "ok",
            "latency_ms": round(1000 * latency, 2),
            # Distributions add their own after a space.
            "version": version.split(" ")[0] or None,
        },
        "queue": {
            "status": "no_worker" if unattended else "ok",
            "queued": queued,
            "oldest_queued_seconds": round(float(oldest), 3),
        },
        "outage": {"status": outage[1], "since": outage[0]} if outage else None,
    }


def check_storage(settings: Settings) -> dict[str, Any]:
    """Return how full the disk of the data folder is."""
    try:
        used = disk_usage(settings.data_dir)["used_percent"]
    except OSError as err:
        log.error("the disk of %s does not answer: %s", settings.data_dir, err)
        return STORAGE_SILENT
    return {
        "status": "warning" if used >= settings.disk_warn_percent else "ok",
        "used_percent": used,
        "accepts_uploads": used < settings.disk_full_percent,
    }

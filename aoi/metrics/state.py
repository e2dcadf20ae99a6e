"""What is asked when Prometheus reads: the rows, the disk, the backup; in time, whatever hangs."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg2
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily

from aoi import __version__
from aoi.config import Settings
from aoi.disk import disk_usage
from aoi.health import (
    CHECK_SECONDS,
    IMPATIENT,
    OUTAGE_QUERY,
    QUEUE_QUERY,
    WORKERS_QUERY,
    Question,
)
from aoi.models import Status

log = logging.getLogger(__name__)

# Those not done are few and have an index; the done ones are counted day by day already.
UPLOADS_QUERY = "SELECT status, count(*) FROM uploads WHERE status <> 'done' GROUP BY 1"
DONE_QUERY = "SELECT coalesce(sum(images), 0) FROM daily_totals"
DEFECTS_QUERY = "SELECT class_name, sum(regions) FROM daily_classes GROUP BY 1 ORDER BY 1"
LAST_BACKUP = ".last_backup.json"


class State:
    """Asks for what one process can tell of the whole installation."""

    def __init__(self, settings: Settings) -> None:
        self._data_dir = settings.data_dir
        self._database = Question(lambda: ask_database(settings.libpq_url), {})
        self._disk = Question(lambda: ask_disk(settings.data_dir), {})

    def collect(self) -> Iterator[Metric]:
        deadline = time.monotonic() + CHECK_SECONDS
        asked = self._database.begin(), self._disk.begin()
        rows, disk = (each.answer(deadline) for each in asked)
        yield InfoMetricFamily("aoi_build", "The release.", {"version": __version__})
        yield GaugeMetricFamily(
            "aoi_database_up", "Whether the database answers.", value=float(bool(rows))
        )
        if rows:
            yield from _of_rows(rows)
        if disk:
            yield from _of_disk(disk)


def _of_rows(rows: dict[str, Any]) -> Iterator[Metric]:
    uploads = GaugeMetricFamily("aoi_uploads", "Uploads by state.", labels=["status"])
    for status in Status:
        uploads.add_metric([status.value], rows["uploads"].get(status.value, 0))
    yield uploads
    defects = GaugeMetricFamily("aoi_defects", "Regions found, by class.", labels=["class_name"])
    for name, count in rows["defects"].items():
        defects.add_metric([name], count)
    yield defects
    for name, meaning in (
        ("aoi_queue_length", "Uploads that wait for an inspection."),
        ("aoi_queue_oldest_age_seconds", "How long the oldest of them waits."),
        ("aoi_workers", "Workers whose heart beats, on all hosts."),
        ("aoi_segformer_up", "Whether SegFormer answers, as the workers last found."),
        ("aoi_segformer_outage_seconds", "How long SegFormer is away, 0 while it answers."),
    ):
        yield GaugeMetricFamily(name, meaning, value=rows[name])


def _of_disk(disk: dict[str, Any]) -> Iterator[Metric]:
    for name, meaning in (
        ("aoi_disk_size_bytes", "Size of the disk of the data folder."),
        ("aoi_disk_free_bytes", "Space on it that the agent can still use."),
        ("aoi_disk_used_ratio", "Part of what can be used that is, from 0 to 1."),
        ("aoi_last_backup_timestamp_seconds", "When the last whole backup was made."),
    ):
        if name in disk:
            yield GaugeMetricFamily(name, meaning, value=disk[name])


def ask_database(url: str) -> dict[str, Any]:
    """Return what the rows tell, or nothing; on a connection beside the pool, which may be full."""
    try:
        link = psycopg2.connect(url, **IMPATIENT)
        try:
            with link.cursor() as cursor:
                cursor.execute(UPLOADS_QUERY)
                uploads = dict(cursor.fetchall())
                uploads["done"] = _one(cursor, DONE_QUERY)[0]
                cursor.execute(DEFECTS_QUERY)
                defects = dict(cursor.fetchall())
                queued, oldest = _one(cursor, QUEUE_QUERY)
                workers = _one(cursor, WORKERS_QUERY)[0]
                cursor.execute(OUTAGE_QUERY)
                outage = cursor.fetchone()
        finally:
            link.close()
    except psycopg2.Error as err:
        log.error("the metrics lack the database: %s", str(err).strip())
        return {}
    away = max(0.0, time.time() - outage[0].timestamp()) if outage else 0.0
    return {
        "uploads": uploads,
        "defects": defects,
        "aoi_queue_length": queued,
        "aoi_queue_oldest_age_seconds": float(oldest),
        "aoi_workers": workers,
        "aoi_segformer_up": float(outage is None),
        "aoi_segformer_outage_seconds": away,
    }


def _one(cursor: Any, query: str) -> tuple[Any, ...]:
    cursor.execute(query)
    return cursor.fetchone() or (0, 0)


def ask_disk(data_dir: Path) -> dict[str, Any]:
    """Return how full the disk is, and when the last backup was made; nothing if it is away."""
    try:
        usage = disk_usage(data_dir)
    except OSError as err:
        log.error("the metrics lack the disk of %s: %s", data_dir, err)
        return {}
    found = {
        "aoi_disk_size_bytes": usage["total_bytes"],
        "aoi_disk_free_bytes": usage["free_bytes"],
        "aoi_disk_used_ratio": usage["used_percent"] / 100,
    }
    with suppress(OSError, ValueError, KeyError):
        last = json.loads((data_dir / LAST_BACKUP).read_text())
        found["aoi_last_backup_timestamp_seconds"] = float(last["timestamp"])
    return found

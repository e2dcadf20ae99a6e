"""Does the database answer, does it fit this release, and do its figures agree?"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from contextlib import closing
from typing import Any

import psycopg2
from alembic.script import ScriptDirectory

from aoi.administration import reason
from aoi.config import HELD_UPLOADS, ROOT, Settings
from aoi.doctor.finding import Finding, duration, look, ok, wrong

OPTIONS = "-c statement_timeout=20000 -c timezone=UTC"
OLDEST = 14
# Clocks: times of uploads are the host's, times of waiting the database's.
SKEW_LOOK, SKEW_WRONG = 2.0, 60.0
LONG_TRANSACTION_SECONDS = 3600
OLD_QUEUE_SECONDS = 3600
SAFE = ("fsync", "full_page_writes", "synchronous_commit")
HEARTS = """
    SELECT count(*) FILTER (WHERE last_heartbeat > now() - interval '10 s'),
           extract(epoch FROM now() - max(last_heartbeat))
      FROM procrastinate_workers
"""
STALLED = """
    SELECT count(*) FROM procrastinate_jobs AS job
      LEFT JOIN procrastinate_workers AS worker ON worker.id = job.worker_id
     WHERE job.status = 'doing'
       AND coalesce(worker.last_heartbeat < now() - interval '30 s', true)
"""
QUEUE = """
    SELECT count(*) FILTER (WHERE status = 'queued'),
           extract(epoch FROM now() - min(created_at) FILTER (WHERE status = 'queued')),
           count(*) FILTER (WHERE status = 'failed' AND updated_at > now() - interval '1 day')
      FROM uploads WHERE status <> 'done'
"""
ROLL_UPS = """
    SELECT (SELECT coalesce(sum(images), 0) FROM daily_totals), (SELECT count(*) FROM images)
"""
OUTAGE = """
    SELECT extract(epoch FROM now() - since), error FROM service_outages WHERE ended_at IS NULL
"""
LONGEST = """
    SELECT extract(epoch FROM max(now() - xact_start)) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def check_database(settings: Settings, url: str) -> Iterator[Finding]:
    """Look at the server, at the tables, and at the work that waits."""
    started = time.perf_counter()
    try:
        link = psycopg2.connect(url, connect_timeout=5, options=OPTIONS)
    except psycopg2.OperationalError as err:
        yield wrong(
            f"It cannot be reached: {reason(err)}.",
            "Start PostgreSQL, or correct DATABASE_URL (docs/database.md).",
        )
        return
    with closing(link), link.cursor() as cursor:
        yield ok(f"It is reached within {1000 * (time.perf_counter() - started):.0f} ms.")
        link.autocommit = True
        try:
            yield from _server(cursor, link.server_version, settings)
            if (yield from _migrated(cursor)):
                yield from _work(cursor)
        except psycopg2.Error as err:
            yield wrong(f"It gave out: {reason(err)}.", "Look at PostgreSQL's log.")


def _one(cursor: Any, query: str) -> tuple[Any, ...]:
    cursor.execute(query)
    return cursor.fetchone() or ()


def _server(cursor: Any, version: int, settings: Settings) -> Iterator[Finding]:
    major = version // 10000
    if major < OLDEST:
        yield wrong(f"It is PostgreSQL {major}.", f"Take {OLDEST} or later.")
    else:
        yield ok(f"It is PostgreSQL {major}.{version % 10000}.")
    (encoding,) = _one(cursor, "SHOW server_encoding")
    if encoding != "UTF8":
        yield wrong(
            f"Its encoding is {encoding}: names of files do not fit.",
            "Make the database anew: createdb --encoding UTF8 --template template0",
        )
    unsafe = [name for name in SAFE if _one(cursor, f"SHOW {name}")[0] == "off"]
    if unsafe:
        yield wrong(
            f"{', '.join(unsafe)} is off: a power cut loses what was promised.",
            "Set it to on in postgresql.conf.",
        )
    yield _connections(cursor, settings)
    before = time.time()
    (there,) = _one(cursor, "SELECT extract(epoch FROM clock_timestamp())")
    skew = abs(float(there) - (before + time.time()) / 2)
    if skew > SKEW_LOOK:
        level = wrong if skew > SKEW_WRONG else look
        yield level(
            f"Its clock and that of this host differ by {skew:.0f} s.",
            "Set both by NTP: timedatectl set-ntp true",
        )
    else:
        yield ok(f"Its clock agrees with that of this host ({1000 * skew:.0f} ms).")
    longest = _one(cursor, LONGEST)[0]
    if longest is not None and longest > LONG_TRANSACTION_SECONDS:
        yield look(
            f"A transaction is open for {duration(float(longest))}: it keeps PostgreSQL from "
            "tidying up.",
            "See whose it is in pg_stat_activity, and end it.",
        )


def _connections(cursor: Any, settings: Settings) -> Finding:
    limit = int(_one(cursor, "SHOW max_connections")[0])
    reserved = int(_one(cursor, "SHOW superuser_reserved_connections")[0])
    (used,) = _one(cursor, "SELECT count(*) FROM pg_stat_activity WHERE datname IS NOT NULL")
    pool = settings.db_pool_size + settings.db_max_overflow
    # Beside its pool a process listens; a worker has one of its own for the jobs.
    web = settings.web_workers * (pool + 2)
    worker = pool + settings.segformer_concurrency + 8
    text = f"{used} of {limit} connections are used; this host may need {web + worker}."
    if web + worker > limit - reserved:
        return look(
            text,
            f"Raise max_connections to {web + worker + 20} in postgresql.conf, or lower "
            "DB_MAX_OVERFLOW or WEB_WORKERS.",
        )
    return ok(text)


def _migrated(cursor: Any) -> Generator[Finding, None, bool]:
    heads = set(ScriptDirectory(str(ROOT / "migrations")).get_heads())
    cursor.execute("SELECT to_regclass('alembic_version') IS NOT NULL")
    if not cursor.fetchone()[0]:
        yield wrong("It has no tables yet.", "flask --app wsgi db upgrade (run.py does it alone)")
        return False
    (found,) = _one(cursor, "SELECT version_num FROM alembic_version") or ("none",)
    if {found} != heads:
        yield wrong(
            f"Its migration is {found}, this release needs {', '.join(sorted(heads))}.",
            "flask --app wsgi db upgrade; if it is newer than this release, install the newer one.",
        )
        return False
    yield ok(f"Its migrations are those of this release ({found}).")
    return True


def _work(cursor: Any) -> Iterator[Finding]:
    beating, silent = _one(cursor, HEARTS)
    queued, oldest, failed = _one(cursor, QUEUE)
    if beating:
        yield ok(f"Workers at work: {beating}.")
    else:
        since = f"; the last was seen {duration(float(silent))} ago" if silent else ""
        yield wrong(
            f"No worker is at work{since}: what is uploaded waits.",
            "systemctl start aoi-worker, or python run.py",
        )
    (stalled,) = _one(cursor, STALLED)
    if stalled:
        yield look(f"{stalled} jobs are held by dead workers.", "A worker takes them up in 10 s.")
    waited = f", the oldest for {duration(float(oldest))}" if oldest else ""
    if oldest and oldest > OLD_QUEUE_SECONDS:
        yield look(f"{queued:,} uploads wait{waited}.", "Look at SegFormer, and at the workers.")
    else:
        yield ok(f"{queued:,} uploads wait{waited}.")
    if failed:
        yield look(
            f"{failed:,} uploads failed within a day.", "GET /uploads?status=failed tells why."
        )
    outage = _one(cursor, OUTAGE)
    if outage:
        yield wrong(
            f"SegFormer is away for {duration(float(outage[0]))}: {outage[1]}",
            "Look at the service; queued images go on by themselves.",
        )
    days, images = _one(cursor, ROLL_UPS)
    if days != images:
        yield wrong(
            f"The statistics count {days:,} images, there are {images:,}.",
            "flask --app wsgi rebuild-stats",
        )
    else:
        yield ok(f"The statistics count all {images:,} images.")


def threads_needed(settings: Settings) -> int:
    """Return how many requests one web process may hold."""
    return settings.web_threads + HELD_UPLOADS

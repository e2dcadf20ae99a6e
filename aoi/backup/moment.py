"""One moment of the database: its dump, and which files its rows name."""

from __future__ import annotations

import subprocess
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import orjson
import psycopg2
from psycopg2.extensions import connection
from psycopg2.sql import SQL, Identifier

from aoi.administration import said
from aoi.backup import programs
from aoi.backup.failure import BackupFailed

# A table of its own may be added any time, so all of them are counted.
TABLES = """
    SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename
"""
# By id, as the lists of files are compared in that order.
ROWS = """
    SELECT coalesce(upload.img_unique_id, image.img_unique_id),
           coalesce(upload.attempts, 0),
           coalesce(upload.input_image_path, image.input_image_path),
           upload.sha256,
           image.img_unique_id IS NOT NULL
      FROM uploads AS upload
      FULL JOIN images AS image USING (img_unique_id)
     WHERE upload.status IS DISTINCT FROM 'rejected'
     ORDER BY coalesce(upload.img_unique_id, image.img_unique_id) COLLATE "C"
"""
ATTEMPTS = """
    SELECT img_unique_id, attempts FROM uploads WHERE img_unique_id = ANY(%(ids)s)
     UNION ALL
    SELECT img_unique_id, 0 FROM images AS image
     WHERE img_unique_id = ANY(%(ids)s) AND NOT EXISTS (
           SELECT FROM uploads WHERE uploads.img_unique_id = image.img_unique_id)
"""
PATIENT = "-c statement_timeout=0 -c idle_in_transaction_session_timeout=0 -c timezone=UTC"
ROWS_AT_ONCE = 5000


class Row(NamedTuple):
    """What must be known of an image to find its files, and to know them again later.

    `attempts` tells results of one inspection from those of the next.
    """

    img_unique_id: str
    attempts: int
    input_path: str | None
    input_sha256: str | None
    has_result: bool


class Moment:
    """What a snapshot of the database shows, however long it is looked at."""

    def __init__(self, url: str, link: connection) -> None:
        self._url = url
        self._link = link
        self.server_major = link.server_version // 10000

    def dump(self, target: Path) -> None:
        """Write everything in the database to `target`, in pg_dump's custom format."""
        with self._link.cursor() as cursor:
            cursor.execute("SELECT pg_export_snapshot()")
            (snapshot,) = cursor.fetchone() or ("",)
        where, env = programs.address(self._url)
        command = [
            programs.find("pg_dump", self.server_major), f"--dbname={where}",
            "--format=custom", "--compress=gzip:1", "--no-owner", "--no-privileges",
            "--lock-wait-timeout=60s", f"--snapshot={snapshot}", f"--file={target}",
        ]  # fmt: skip
        done = subprocess.run(command, env=env, capture_output=True, check=False)
        if done.returncode:
            raise BackupFailed(f"The database was not dumped: {programs.reason(done.stderr)}")

    def revision(self) -> str:
        """Return the migration that the database is at."""
        with self._link.cursor() as cursor:
            cursor.execute("SELECT version_num FROM alembic_version")
            (revision,) = cursor.fetchone() or ("",)
        return str(revision)

    def counts(self) -> dict[str, int]:
        """Return how many rows each table has."""
        with self._link.cursor() as cursor:
            return count_rows(cursor)

    def write_rows(self, target: Path) -> None:
        """Write down every image or upload that may have files, by id.

        To a file, as reading theirs takes hours: no snapshot should be held for so long.
        """
        with self._link.cursor("files") as cursor, target.open("wb") as file:
            cursor.itersize = ROWS_AT_ONCE
            cursor.execute(ROWS)
            file.writelines(orjson.dumps(row) + b"\n" for row in cursor)


def read_rows(path: Path) -> Iterator[Row]:
    with path.open("rb") as file:
        for line in file:
            yield Row(*orjson.loads(line))


def count_rows(cursor: psycopg2.extensions.cursor) -> dict[str, int]:
    """Return how many rows each table has, as this transaction sees it."""
    cursor.execute(TABLES)
    counts = {}
    for (name,) in cursor.fetchall():
        cursor.execute(SQL("SELECT count(*) FROM {}").format(Identifier(name)))
        (counts[name],) = cursor.fetchone() or (0,)
    return counts


@contextmanager
def moment_of(url: str) -> Iterator[Moment]:
    """Hold one moment of the database."""
    try:
        link = psycopg2.connect(url, connect_timeout=10, options=PATIENT)
    except psycopg2.OperationalError as err:
        raise BackupFailed(said(err)) from err
    with closing(link):
        link.set_session(isolation_level="REPEATABLE READ", readonly=True)
        yield Moment(url, link)


def attempts_now(url: str, ids: Collection[str]) -> dict[str, int]:
    """Return the attempts of those uploads that are still there."""
    with closing(psycopg2.connect(url, connect_timeout=10, options=PATIENT)) as link:
        with link.cursor() as cursor:
            cursor.execute(ATTEMPTS, {"ids": list(ids)})
            return dict(cursor.fetchall())

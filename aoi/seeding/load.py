"""Copy the rows into the database: an empty one in one transaction, its indexes made after."""

from __future__ import annotations

import io
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import cast

from psycopg2.extensions import connection as Link
from psycopg2.extensions import cursor as Cursor
from psycopg2.sql import SQL, Identifier
from sqlalchemy import Connection, text

from aoi import rollups
from aoi.exceptions import Conflict
from aoi.extensions import db
from aoi.seeding.binary import rows
from aoi.seeding.plan import Chunk
from aoi.seeding.schema import set_aside

TABLES = ("batches", "uploads", "images", "classes", "regions")
# What refers to them, so that they can be emptied: no row of it can be there.
EMPTIED = (*TABLES, "idempotency_keys")
ROLL_UPS = ("daily_totals", "daily_classes")
COPY_BYTES = 1 << 20
# Of this session only: sorting ten million keys in the default 64 MB takes twice as long.
SETTINGS = "SET LOCAL statement_timeout = 0; SET LOCAL maintenance_work_mem = '512MB'"
LOCK = f"SET LOCAL lock_timeout = '10s'; LOCK TABLE {', '.join(EMPTIED)}"


@dataclass(frozen=True)
class Progress:
    """How far it is: what is done now, and how much has gone in."""

    doing: str
    images: int = 0
    regions: int = 0
    rows: int = 0
    seconds: float = 0.0


@dataclass
class _Sums:
    started: float
    images: int = 0
    regions: int = 0
    rows: int = 0

    def add(self, chunk: Chunk) -> Progress:
        self.images += len(chunk.ids)
        self.regions += chunk.regions
        self.rows += chunk.rows
        seconds = time.monotonic() - self.started
        return Progress("copied", self.images, self.regions, self.rows, seconds)


def fill(chunks: Iterable[Chunk]) -> Iterator[Progress]:
    """Fill an empty database; raise Conflict if it is not empty. All of it goes in, or nothing.

    The tables are locked for everybody else meanwhile.
    """
    cursor = _cursor()
    cursor.execute(SETTINGS)
    cursor.execute(LOCK)
    if _holds_rows(cursor):
        db.session.rollback()
        raise Conflict(
            "The database already holds images. Use --add to add to them, or an empty database."
        )
    made_later = set_aside(cursor, EMPTIED)
    # Rows that come after a TRUNCATE of the same transaction need no clearing up later (FREEZE).
    cursor.execute(f"TRUNCATE {', '.join(EMPTIED)}")
    cursor.execute("ALTER TABLE uploads DISABLE TRIGGER USER")
    yield from _copied(cursor, chunks, freeze=True)
    for statement in made_later:
        yield Progress(f"making {statement.name}")
        cursor.execute(statement.make)
    cursor.execute("ALTER TABLE uploads ENABLE TRIGGER USER")
    yield Progress("counting the roll-ups")
    cursor.execute("ANALYZE images, classes")
    rollups.recount()


def add(chunks: Iterable[Chunk]) -> Iterator[Progress]:
    """Add to what is there, chunk by chunk, with everything in place."""
    with db.engine.connect() as connection:
        link = _link(connection)
        for progress in _copied(link.cursor(), chunks, freeze=False):
            link.commit()
            yield progress


def clean_up() -> None:
    """Tell the planner what is there, so that the first questions are answered well."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        for table in (*TABLES, *ROLL_UPS):
            connection.execute(text(f"VACUUM (ANALYZE) {table}"))
        connection.execute(text("RESET statement_timeout"))


def holds_rows() -> bool:
    """Tell whether the database holds images or uploads."""
    try:
        return _holds_rows(_cursor())
    finally:
        db.session.rollback()


def _holds_rows(cursor: Cursor) -> bool:
    cursor.execute("SELECT EXISTS (SELECT FROM images) OR EXISTS (SELECT FROM uploads)")
    return bool((cursor.fetchone() or [False])[0])


def _cursor() -> Cursor:
    """Return a cursor in the session's transaction: SQLAlchemy has no COPY."""
    return _link(db.session.connection()).cursor()


def _link(connection: Connection) -> Link:
    """Return what is below SQLAlchemy's connection."""
    link = connection.connection.driver_connection
    assert link is not None
    return cast(Link, link)


def _copied(cursor: Cursor, chunks: Iterable[Chunk], *, freeze: bool) -> Iterator[Progress]:
    sums = _Sums(time.monotonic())
    ahead = iter(chunks)
    # While PostgreSQL takes one chunk in, the next is drawn.
    with ThreadPoolExecutor(1, thread_name_prefix="seed") as drawer:
        drawn = drawer.submit(next, ahead, None)
        while (chunk := drawn.result()) is not None:
            drawn = drawer.submit(next, ahead, None)
            for table, columns in chunk.tables.items():
                _copy(cursor, table, list(columns), rows(columns), freeze)
            yield sums.add(chunk)


def _copy(cursor: Cursor, table: str, columns: list[str], data: bytes, freeze: bool) -> None:
    statement = SQL("COPY {} ({}) FROM STDIN (FORMAT binary, FREEZE {})").format(
        Identifier(table), SQL(", ").join(map(Identifier, columns)), SQL(str(freeze))
    )
    cursor.copy_expert(statement, io.BytesIO(data), COPY_BYTES)

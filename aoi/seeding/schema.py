"""Indexes and constraints, set aside while rows pour in, and made again exactly as they were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg2.extensions import cursor as Cursor
from psycopg2.sql import SQL, Identifier

CONSTRAINTS = """
SELECT conrelid::regclass::text, conname, contype::text, pg_get_constraintdef(oid)
  FROM pg_constraint
 WHERE contype IN ('f', 'p', 'u')
   AND (conrelid = ANY(%(tables)s::regclass[]) OR confrelid = ANY(%(tables)s::regclass[]))
 ORDER BY contype = 'f', conname
"""
INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid)
  FROM pg_index
 WHERE indrelid = ANY(%(tables)s::regclass[])
   AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype <> 'f')
 ORDER BY 1
"""


@dataclass(frozen=True)
class Statement:
    """One thing to drop and to make again."""

    name: str
    drop: str
    make: str


def set_aside(cursor: Cursor, tables: Sequence[str]) -> list[Statement]:
    """Drop what slows loading of `tables`; return it in the order in which it is made again.

    All in the caller's transaction: when that fails, everything is there as before.
    """
    cursor.execute(CONSTRAINTS, {"tables": list(tables)})
    constraints = [
        Statement(
            name,
            f"ALTER TABLE {table} DROP CONSTRAINT {_quoted(name, cursor)}",
            f"ALTER TABLE {table} ADD CONSTRAINT {_quoted(name, cursor)} {definition}",
        )
        for table, name, _, definition in cursor.fetchall()
    ]
    cursor.execute(INDEXES, {"tables": list(tables)})
    indexes = [
        Statement(name, f"DROP INDEX {name}", definition) for name, definition in cursor.fetchall()
    ]
    # Foreign keys come last: they need the keys that they name.
    for statement in (*reversed(constraints), *indexes):
        cursor.execute(statement.drop)
    return [*indexes, *constraints]


def _quoted(name: str, cursor: Cursor) -> str:
    return str(SQL("{}").format(Identifier(name)).as_string(cursor))

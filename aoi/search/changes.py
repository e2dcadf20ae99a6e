"""The log of changes: which images were inspected, or deleted, since when.

A trigger writes it in the transaction of each change; what the index's files hold is cleared.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, Engine, text

LOG = text("SELECT epoch::text, version, cleared_version FROM result_log")
CHANGES = text(
    "SELECT DISTINCT img_unique_id FROM result_changes WHERE version > :seen AND version <= :now"
)
COUNT = text("SELECT coalesce(sum(images), 0) FROM daily_totals")
CLEAR = (
    text(
        "DELETE FROM result_changes WHERE version <= :version "
        "AND EXISTS (SELECT FROM result_log WHERE epoch::text = :epoch)"
    ),
    text(
        "UPDATE result_log SET cleared_version = :version "
        "WHERE epoch::text = :epoch AND cleared_version < :version"
    ),
)


class Moment(NamedTuple):
    """A moment of the log of changes, and the version up to which it has been cleared."""

    epoch: str
    version: int
    cleared: int


def moment_of(connection: Connection) -> Moment:
    """Return the moment that a connection sees."""
    row = connection.execute(LOG).one_or_none()
    # A database that never had a result.
    return Moment(*row) if row else Moment("none", 0, 0)


def between(connection: Connection, seen: int, now: int) -> list[str]:
    """Return the ids of the images that changed after version `seen`, up to `now`."""
    return list(connection.scalars(CHANGES, {"seen": seen, "now": now}))


def count_images(connection: Connection) -> int:
    """Return how many images have a result, as the roll-ups know it."""
    return int(connection.scalar(COUNT) or 0)


def clear(engine: Engine, epoch: str, version: int) -> None:
    """Drop the changes that files of this version hold; who is behind them opens the files."""
    with engine.begin() as connection:
        for statement in CLEAR:
            connection.execute(statement, {"epoch": epoch, "version": version})

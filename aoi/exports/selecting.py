"""Which rows an export is of: the keys that `aoi.selection` yields, or those that were named."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import Any

from sqlalchemy import text

from aoi import selection
from aoi.exceptions import NotFound
from aoi.extensions import db

Chunks = Iterator[list[str]]

# Named at once in a query: a list of any length costs the same each.
NAMED = 1000
# Named in an error.
TOLD = 10
UNKNOWN = text(
    """
    SELECT id FROM unnest(CAST(:ids AS text[])) AS id
     WHERE NOT EXISTS (SELECT FROM images WHERE img_unique_id = id)
     LIMIT :most
    """
)


def image_chunks(arguments: dict[str, Any]) -> Chunks:
    """Yield the ids of the images, newest first; raise NotFound for an id that does not exist."""
    return _begun(_named(selection.image_ids, arguments))


def region_chunks(arguments: dict[str, Any]) -> Chunks:
    """Yield the ids of the regions, newest image first; raise NotFound as image_chunks."""
    return _begun(_named(selection.region_ids, arguments))


def _named(
    select: Callable[[dict[str, Any]], Chunks], arguments: dict[str, Any]
) -> Generator[list[str]]:
    if arguments.get("ids") is None:
        yield from select(arguments)
        return
    # Ids begin with their time.
    ids = sorted(set(arguments["ids"]), reverse=True)
    _require_all(ids)
    for begin in range(0, len(ids), NAMED):
        yield from select(arguments | {"ids": ids[begin : begin + NAMED]})


def _require_all(ids: list[str]) -> None:
    unknown = db.session.scalars(UNKNOWN, {"ids": ids, "most": TOLD + 1}).all()
    db.session.close()
    if unknown:
        more = " and more" if len(unknown) > TOLD else ""
        raise NotFound(
            f"There is no inspected image {', '.join(unknown[:TOLD])}{more}. "
            "Leave out of `ids` what was deleted or not yet inspected."
        )


def _begun(chunks: Generator[list[str]]) -> Chunks:
    """Get the first chunk at once: what fails with it can still be answered as an error."""
    first = next(chunks, None)

    def all_of_it() -> Chunks:
        if first is not None:
            yield first
            yield from chunks

    return all_of_it()

"""Which images or regions a set of filters means: their keys, a chunk at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aoi.search.filters import Filters
from aoi.search.index import current_index

CHUNK = 1000


def image_ids(arguments: dict[str, Any]) -> Iterator[list[str]]:
    """Yield the ids of the images that the arguments of ImagesQuery, or `ids`, mean.

    Up to 1,000 at a time, newest first; those that were there when the first chunk was asked for.
    """
    found = current_index().view().images(Filters.of(arguments))
    for first, last in _spans(found.total):
        yield [key.unique_id for key in reversed(found.keys(first, last))]


def region_ids(arguments: dict[str, Any]) -> Iterator[list[str]]:
    """Yield the ids of the regions that the arguments of DefectsQuery, or `ids`, mean.

    `ids` are those of images. Up to 1,000 at a time, of the newest image first; those that were
    there when the first chunk was asked for.
    """
    found = current_index().view().regions(Filters.of(arguments))
    for first, last in _spans(found.total):
        yield [key.region_unique_id for key in reversed(found.keys(first, last))]


def _spans(total: int) -> Iterator[tuple[int, int]]:
    for last in range(total, 0, -CHUNK):
        yield max(last - CHUNK, 0), last

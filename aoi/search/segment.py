"""Images and regions in columns, oldest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
ID_LENGTH = 24
ID = np.dtype(f"S{ID_LENGTH}")

# A row an image: microseconds since 1970, regions, the batch (empty for none), and a bit for each
# class that it has; the last bit stands for all classes that have none of their own.
IMAGE_COLUMNS: dict[str, np.dtype[Any]] = {
    "ids": ID,
    "times": np.dtype(np.int64),
    "defects": np.dtype(np.int32),
    "batches": ID,
    "presence": np.dtype(np.uint64),
}
OTHER_CLASSES = 63
# A row a region: class by its place in the list of classes, square pixels, ratios, and the
# centroid on an image plane scaled to the unit square.
REGION_COLUMNS: dict[str, np.dtype[Any]] = {
    "classes": np.dtype(np.uint16),
    "numbers": np.dtype(np.int32),
    "area": np.dtype(np.int32),
    "circularity": np.dtype(np.float64),
    "aspect_ratio": np.dtype(np.float64),
    "x": np.dtype(np.float64),
    "y": np.dtype(np.float64),
}
# The places of the images in the order of a column.
SORTED = {"by_id": "ids", "by_batch": "batches"}
_UNSORTED = {name: np.empty(0, np.int64) for name in SORTED}


# Compared by what it is, not by what it holds.
@dataclass(frozen=True, eq=False)
class Segment:
    """Images in the order of (time, id), each with its regions.

    The regions of image n are rows region_starts[n] to region_starts[n + 1]; they are in the
    reverse order of (class id, region id), as lists go from the newest image down. The names,
    in lower case and each with a NUL at its end, lie in `letters` from name_starts[n].
    """

    ids: Array
    times: Array
    defects: Array
    batches: Array
    presence: Array
    name_starts: Array
    letters: Array
    region_starts: Array
    classes: Array
    numbers: Array
    area: Array
    circularity: Array
    aspect_ratio: Array
    x: Array
    y: Array
    # The places of the images in the order of their ids, and of their batches.
    by_id: Array
    by_batch: Array

    def __len__(self) -> int:
        return len(self.ids)

    def find(self, ids: Sequence[str]) -> Array:
        """Return the places of the images of these ids that are here."""
        if not len(self) or not len(ids):
            return np.empty(0, np.int64)
        wanted = np.array([each.encode() for each in ids], ID)
        at = np.searchsorted(self.ids, wanted, sorter=self.by_id)
        places = self.by_id[np.minimum(at, len(self) - 1)]
        return np.asarray(places[self.ids[places] == wanted], np.int64)

    def of_batch(self, batch_id: str) -> Array:
        """Return the places of the images of a batch."""
        wanted = np.array([batch_id.encode()], ID)
        if wanted[0] != batch_id.encode():  # longer than any id
            return np.empty(0, np.int64)
        first, last = (
            int(np.searchsorted(self.batches, wanted, side, sorter=self.by_batch)[0])
            for side in ("left", "right")
        )
        return np.asarray(self.by_batch[first:last])

    def place(self, time: int, unique_id: bytes) -> int:
        """Return how many images come before (time, id)."""
        first = int(np.searchsorted(self.times, time))
        last = int(np.searchsorted(self.times, time, side="right"))
        return first + int(np.searchsorted(self.ids[first:last], unique_id))

    def region_rows(self, images: Array) -> Array:
        """Return the rows of the regions of these images."""
        starts = self.region_starts[images]
        return _ranges(starts, self.region_starts[images + 1] - starts)

    def images_of(self, regions: Array) -> Array:
        """Return the images of these rows of regions."""
        return np.asarray(np.searchsorted(self.region_starts, regions, side="right") - 1)

    def take(self, images: Array) -> Segment:
        """Return a segment of these images, in this order."""
        rows = self.region_rows(images)
        letter_counts = self.name_starts[images + 1] - self.name_starts[images]
        letter_rows = _ranges(self.name_starts[images], letter_counts)
        region_counts = self.region_starts[images + 1] - self.region_starts[images]
        columns = {name: np.asarray(getattr(self, name)[images]) for name in IMAGE_COLUMNS}
        return Segment(
            **columns,
            **{name: np.asarray(getattr(self, name)[rows]) for name in REGION_COLUMNS},
            name_starts=_starts(letter_counts),
            letters=np.asarray(self.letters[letter_rows]),
            region_starts=_starts(region_counts),
            **{name: sorted_places(columns[of]) for name, of in SORTED.items()},
        )


def build(
    ids: Array,
    times: Array,
    defects: Array,
    batches: Array,
    names: Sequence[bytes],
    region_counts: Array,
    regions: dict[str, Array],
) -> Segment:
    """Put a segment together from columns in any order of images; names end with a NUL."""
    lengths = np.fromiter(map(len, names), np.int64, len(names))
    raw = Segment(
        ids=ids,
        times=times,
        defects=defects,
        batches=batches,
        presence=_presence(regions["classes"], region_counts),
        name_starts=_starts(lengths),
        letters=np.frombuffer(b"".join(names), np.uint8),
        region_starts=_starts(region_counts),
        **_UNSORTED,
        **regions,
    )
    return raw.take(np.lexsort((ids, times)))


def empty() -> Segment:
    """Return a segment without images."""
    return Segment(
        **{name: np.empty(0, kind) for name, kind in (IMAGE_COLUMNS | REGION_COLUMNS).items()},
        name_starts=np.zeros(1, np.int64),
        letters=np.empty(0, np.uint8),
        region_starts=np.zeros(1, np.int64),
        **_UNSORTED,
    )


def joined(segments: Sequence[Segment]) -> Segment:
    """Return one segment of the images of several, which have none in common."""
    if len(segments) == 1:
        return segments[0]
    columns = {
        field.name: np.concatenate([getattr(each, field.name) for each in segments])
        for field in fields(Segment)
        if field.name not in ("name_starts", "region_starts", *SORTED)
    }
    for name in ("name_starts", "region_starts"):
        columns[name] = _starts(np.concatenate([np.diff(getattr(e, name)) for e in segments]))
    raw = Segment(**columns, **_UNSORTED)
    return raw.take(np.lexsort((raw.ids, raw.times)))


def sorted_places(column: Array) -> Array:
    """Return the places of a column's values in their order; equal ones as they stand."""
    return np.argsort(column, kind="stable")


def _presence(classes: Array, counts: Array) -> Array:
    bits = np.left_shift(np.uint64(1), np.minimum(classes, OTHER_CLASSES).astype(np.uint64))
    found = np.zeros(len(counts), np.uint64)
    np.bitwise_or.at(found, np.repeat(np.arange(len(counts)), counts), bits)
    return found


def _starts(counts: Array) -> Array:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)])


def _ranges(starts: Array, counts: Array) -> Array:
    """Return the numbers from each start on, as many as its count."""
    before = np.cumsum(counts) - counts
    return np.repeat(starts - before, counts) + np.arange(counts.sum())

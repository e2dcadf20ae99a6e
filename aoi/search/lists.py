"""Matches of a view in the order of lists, which go through them from either end."""

from __future__ import annotations

from bisect import bisect_left
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from aoi.search.filters import microseconds, moment
from aoi.search.matches import Matches
from aoi.search.part import Part
from aoi.search.segment import Array

if TYPE_CHECKING:
    from aoi.search.view import View


class DefectsKey(NamedTuple):
    """Where an image stands in a list by its defects, then by time."""

    defects: int
    time: datetime
    unique_id: str


class ImageKey(NamedTuple):
    """Where an image stands in a list by time."""

    time: datetime
    unique_id: str


class RegionKey(NamedTuple):
    """Where a region stands in a list of regions."""

    time: datetime
    unique_id: str
    class_id: int
    number: int

    @property
    def region_unique_id(self) -> str:
        return f"{self.unique_id}_{self.class_id}_{self.number}"


class _Merged:
    """Matches of both parts in one order, the oldest first."""

    def __init__(self, view: View, base: Matches, recent: Matches) -> None:
        self.view = view
        self.base = base
        self.recent = recent
        self.total = base.total + recent.total
        self.parts = ((view.base, base), (view.recent, recent))

    def _place(self, row: int) -> int:
        """Return the row of the base before which a row of the recent part belongs."""
        raise NotImplementedError

    def _recent_below(self, rank: int) -> int:
        """Return how many of the first `rank` matches are of the recent part."""

        def merged_rank(n: int) -> int:
            return n + self.base.below(self._place(int(self.recent.rows(n, n + 1)[0])))

        return bisect_left(range(self.recent.total), rank, key=merged_rank)

    def _rows(self, first: int, last: int) -> tuple[Array, Array]:
        """Return the rows of both parts that are the `first`-th to before the `last`-th match."""
        first, last = max(first, 0), min(last, self.total)
        if first >= last:
            nothing = np.empty(0, np.int64)
            return nothing, nothing
        low, high = self._recent_below(first), self._recent_below(last)
        return self.base.rows(first - low, last - high), self.recent.rows(low, high)


class ImageList(_Merged):
    """Images that match, by time."""

    def _place(self, row: int) -> int:
        recent = self.view.recent.segment
        return self.view.base.segment.place(int(recent.times[row]), bytes(recent.ids[row]))

    def below(self, key: ImageKey, or_at: bool = False) -> int:
        """Return how many matches come before a key, with `or_at` the one at it included."""
        time, unique_id = microseconds(key.time), key.unique_id.encode()
        unique_id += b"\xff" if or_at else b""
        return sum(found.below(part.segment.place(time, unique_id)) for part, found in self.parts)

    def keys(self, first: int, last: int) -> list[ImageKey]:
        """Return the `first`-th to before the `last`-th match, the oldest first."""
        return [key for key, _ in self._found(first, last)]

    def _found(self, first: int, last: int) -> list[tuple[ImageKey, int]]:
        """Return matches with their defects, the oldest first."""
        found = []
        for (part, _), rows in zip(self.parts, self._rows(first, last), strict=True):
            segment = part.segment
            columns = (segment.times[rows], segment.ids[rows], segment.defects[rows])
            found += [
                (ImageKey(moment(time), unique_id.decode()), defects)
                for time, unique_id, defects in zip(*(c.tolist() for c in columns), strict=True)
            ]
        return sorted(found)

    def by_defects(self) -> DefectsList:
        """Return the matches in the order of their defects."""
        counts = [np.bincount(found.of(part.segment.defects)) for part, found in self.parts]
        total = np.zeros(max(map(len, counts)), np.int64)
        for each in counts:
            total[: len(each)] += each
        return DefectsList(self, {int(n): int(total[n]) for n in np.flatnonzero(total)})

    def having(self, least: int, most: int) -> ImageList:
        """Return the matches with so many defects."""
        return ImageList(
            self.view,
            self.base.narrowed(self.view.base.segment.defects, least, most),
            self.recent.narrowed(self.view.recent.segment.defects, least, most),
        )

    def with_defects(self, first: int, last: int) -> list[DefectsKey]:
        """Return the `first`-th to before the `last`-th match, the oldest first."""
        return [DefectsKey(defects, *key) for key, defects in self._found(first, last)]


class DefectsList:
    """Images that match, fewest defects first; of as many, the oldest first."""

    def __init__(self, images: ImageList, counts: dict[int, int]) -> None:
        self._images = images
        self._counts = counts
        self.total = images.total

    def below(self, key: DefectsKey, or_at: bool = False) -> int:
        """Return how many matches come before a key, with `or_at` the one at it included."""
        fewer = sum(count for defects, count in self._counts.items() if defects < key.defects)
        same = self._images.having(key.defects, key.defects)
        return fewer + same.below(ImageKey(key.time, key.unique_id), or_at)

    def keys(self, first: int, last: int) -> list[DefectsKey]:
        """Return the `first`-th to before the `last`-th match, fewest defects first."""
        found: list[DefectsKey] = []
        whole: list[int] = []
        before = 0
        for defects, count in self._counts.items():
            low, high = max(first - before, 0), min(last - before, count)
            if (low, high) == (0, count):
                whole.append(defects)
            elif low < high:
                found += self._images.having(defects, defects).with_defects(low, high)
            before += count
        if whole:
            # All these at once: far up, nearly every image has a number of its own.
            among = self._images.having(whole[0], whole[-1])
            found += among.with_defects(0, among.total)
        return sorted(found)


class RegionList(_Merged):
    """Regions that match, by the time of their images; in an image the last one first."""

    def _place(self, row: int) -> int:
        recent, base = self.view.recent.segment, self.view.base.segment
        image = int(recent.images_of(np.array([row]))[0])
        at = base.place(int(recent.times[image]), bytes(recent.ids[image]))
        return int(base.region_starts[at])

    def below(self, key: RegionKey, or_at: bool = False) -> int:
        """Return how many matches come before a key, with `or_at` the one at it included."""
        return sum(found.below(self._row(part, key, or_at)) for part, found in self.parts)

    def _row(self, part: Part, key: RegionKey, or_at: bool) -> int:
        segment = part.segment
        image = segment.place(microseconds(key.time), key.unique_id.encode())
        first = int(segment.region_starts[image])
        if image == len(segment) or segment.ids[image] != key.unique_id.encode():
            return first
        own = slice(first, int(segment.region_starts[image + 1]))
        ids, numbers = self._class_ids[segment.classes[own]], segment.numbers[own]
        last = key.number - or_at
        after = (ids > key.class_id) | ((ids == key.class_id) & (numbers > last))
        return first + int(np.count_nonzero(after))

    def keys(self, first: int, last: int) -> list[RegionKey]:
        """Return the `first`-th to before the `last`-th match, the oldest first."""
        found = []
        for (part, _), rows in zip(self.parts, self._rows(first, last), strict=True):
            segment = part.segment
            images = segment.images_of(rows)
            columns = (
                segment.times[images],
                segment.ids[images],
                self._class_ids[segment.classes[rows]],
                segment.numbers[rows],
            )
            found += [
                RegionKey(moment(time), unique_id.decode(), class_id, number)
                for time, unique_id, class_id, number in zip(
                    *(column.tolist() for column in columns), strict=True
                )
            ]
        return sorted(found, key=lambda k: (k.time, k.unique_id, -k.class_id, -k.number))

    @property
    def _class_ids(self) -> Array:
        return np.array([number for number, _ in self.view.classes], np.int64)

    def heatmap(self, bins: int) -> dict[str, Array]:
        """Return by class how many centroids lie in each cell of the image plane, rows first."""
        cells = bins * bins
        counts = np.zeros(len(self.view.classes) * cells, np.int64)
        for part, found in self.parts:
            segment = part.segment
            x = _cell(found.of(segment.x), bins)
            y = _cell(found.of(segment.y), bins)
            places = (found.of(segment.classes).astype(np.int64) * bins + y) * bins + x
            counts += np.bincount(places, minlength=len(counts))
        planes: dict[str, Array] = {}
        for code, (_, name) in enumerate(self.view.classes):
            plane = counts[code * cells : (code + 1) * cells].reshape(bins, bins)
            if plane.any():
                planes[name] = planes.get(name, 0) + plane
        return planes


def _cell(place: Array, bins: int) -> Array:
    """Return the cells of places from 0 to 1; what lies outside is at the edge."""
    return np.asarray(np.clip(place * bins, 0, bins - 1).astype(np.int64))

"""A segment under way: what of it is still there, and the rows that filters mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from aoi.search.filters import Filters, microseconds
from aoi.search.matches import Matches
from aoi.search.segment import OTHER_CLASSES, Array, Segment

# Marks the images of a segment whose name contains a text.
Named = Callable[[Segment, str], Array]
Class = tuple[int, str]
_OTHERS_BIT = 1 << OTHER_CLASSES


@dataclass(frozen=True)
class Part:
    """A segment of which some images may be gone, and the classes that its codes mean."""

    segment: Segment
    classes: Sequence[Class]
    # Marks of the images, and of the regions, that are still there; None while all are.
    alive: Array | None
    alive_regions: Array | None
    named: Named

    def __len__(self) -> int:
        return len(self.segment) if self.alive is None else int(np.count_nonzero(self.alive))

    @property
    def gone(self) -> int:
        """How many images are no longer there."""
        return len(self.segment) - len(self)

    def without(self, ids: Sequence[str]) -> Part:
        """Return the part without the images of these ids."""
        images = self.segment.find(ids)
        if not len(images):
            return self
        alive = _all(len(self.segment), self.alive, 0)
        alive[images] = False
        regions = _all(len(self.segment.classes), self.alive_regions, 0)
        regions[self.segment.region_rows(images)] = False
        return replace(self, alive=alive, alive_regions=regions)

    def alive_ones(self) -> Segment:
        """Return a segment of the images that are still there."""
        if self.alive is None:
            return self.segment
        return self.segment.take(np.flatnonzero(self.alive))

    def images(self, filters: Filters) -> Matches:
        """Return the images that match."""
        first, last = self._range(filters)
        mask = _all(last - first, self.alive, first)
        for condition in self._image_conditions(filters, slice(first, last)):
            mask &= condition
        if filters.class_names:
            mask &= self._having(filters.class_names, slice(first, last))
        return Matches(first, mask)

    def regions(self, filters: Filters) -> Matches:
        """Return the regions that match."""
        first_image, last_image = self._range(filters)
        starts = self.segment.region_starts
        first, last = int(starts[first_image]), int(starts[last_image])
        images = slice(first_image, last_image)
        conditions = list(self._image_conditions(filters, images))
        if not conditions:
            mask = _all(last - first, self.alive_regions, first)
            return Matches(first, self._measured(mask, slice(first, last), filters))
        # The few images of a batch: only their regions are looked at.
        chosen = np.flatnonzero(np.logical_and.reduce(conditions)) + first_image
        rows = self.segment.region_rows(chosen)
        found = _all(len(rows), self.alive_regions, rows)
        mask = np.zeros(last - first, bool)
        mask[rows - first] = self._measured(found, rows, filters)
        return Matches(first, mask)

    def _range(self, filters: Filters) -> tuple[int, int]:
        times = self.segment.times
        first, last = 0, len(times)
        if filters.start is not None:
            first = int(np.searchsorted(times, microseconds(filters.start)))
        if filters.end is not None:
            last = int(np.searchsorted(times, microseconds(filters.end)))
        return first, max(first, last)

    def _image_conditions(self, filters: Filters, images: slice) -> list[Array]:
        segment, conditions = self.segment, []
        if filters.image_ids is not None:
            conditions.append(self._marked(segment.find(filters.image_ids))[images])
        if filters.batch_id is not None:
            conditions.append(self._marked(segment.of_batch(filters.batch_id))[images])
        least, most = filters.defects
        if least is not None:
            conditions.append(segment.defects[images] >= least)
        if most is not None:
            conditions.append(segment.defects[images] <= most)
        if filters.filename is not None:
            conditions.append(self.named(segment, filters.filename.lower())[images])
        return conditions

    def _marked(self, places: Array) -> Array:
        mask = np.zeros(len(self.segment), bool)
        mask[places] = True
        return mask

    def _having(self, names: Sequence[str], images: slice) -> Array:
        """Mark the images that have a region of one of the classes."""
        codes = [code for code, (_, name) in enumerate(self.classes) if name in names]
        bits = sum({1 << min(code, OTHER_CLASSES) for code in codes})
        presence = self.segment.presence[images]
        mask = (presence & np.uint64(bits)) != 0
        others = [code for code in codes if code >= OTHER_CLASSES]
        if others:
            unsure = np.flatnonzero(mask & ((presence & np.uint64(bits & ~_OTHERS_BIT)) == 0))
            for image in unsure:
                row = images.start + image
                own = slice(*self.segment.region_starts[row : row + 2])
                mask[image] = np.isin(self.segment.classes[own], others).any()
        return np.asarray(mask)

    def _measured(self, mask: Array, rows: slice | Array, filters: Filters) -> Array:
        """Unmark the regions that are not of the class, or outside of a range."""
        if filters.class_names:
            mask &= self._of_class(self.segment.classes[rows], filters.class_names)
        for name, low, high in filters.measures:
            values = getattr(self.segment, name)[rows]
            if low is not None:
                mask &= values >= low
            if high is not None:
                mask &= values <= high
        return mask

    def _of_class(self, codes: Array, names: Sequence[str]) -> Array:
        mask = np.zeros(len(codes), bool)
        for code, (_, name) in enumerate(self.classes):
            if name in names:
                mask |= codes == code
        return mask


def _all(count: int, alive: Array | None, rows: int | Array) -> Array:
    """Return marks on all rows, or on those that are there: from a first one, or of a list."""
    if alive is None:
        return np.ones(count, bool)
    return np.array(alive[rows : rows + count] if isinstance(rows, int) else alive[rows])

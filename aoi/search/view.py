"""What the index holds at one moment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from aoi.search.filters import Filters
from aoi.search.lists import ImageList, RegionList
from aoi.search.part import Class, Part
from aoi.search.segment import Segment, joined


@dataclass(frozen=True)
class View:
    """Two parts without an image in common: most of the images, and what came since.

    Nothing in it changes any more: who holds it may go on asking.
    """

    base: Part
    recent: Part
    classes: Sequence[Class]

    def with_classes(self, classes: Sequence[Class]) -> View:
        """Return the view with the classes that the codes of both parts mean."""
        return View(
            replace(self.base, classes=classes), replace(self.recent, classes=classes), classes
        )

    def __len__(self) -> int:
        return len(self.base) + len(self.recent)

    def images(self, filters: Filters) -> ImageList:
        """Return the images that match, by time."""
        return ImageList(self, self.base.images(filters), self.recent.images(filters))

    def regions(self, filters: Filters) -> RegionList:
        """Return the regions that match, by the time of their images."""
        return RegionList(self, self.base.regions(filters), self.recent.regions(filters))

    def pieces(self, size: int) -> Iterator[Segment]:
        """Yield all images in order, about `size` at a time."""
        base, recent = self.base.segment, self.recent.alive_ones()
        belong = np.array(
            [base.place(int(recent.times[n]), bytes(recent.ids[n])) for n in range(len(recent))],
            np.int64,
        )
        for first in range(0, max(len(base), 1), size):
            last = first + size
            images = np.arange(first, min(last, len(base)))
            if self.base.alive is not None:
                images = images[self.base.alive[images]]
            own = (belong >= first) & ((belong < last) | (last >= len(base)))
            yield joined([base.take(images), recent.take(np.flatnonzero(own))])

"""A plant's time as chunks of rows, in the order in which they came to be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from aoi.seeding import tables
from aoi.seeding.defects import counts, findings
from aoi.seeding.panels import Dice, Panels, draw
from aoi.seeding.shifts import moments_in, stretches

# Uploads beside each image that failed, or were refused in a batch.
NOT_DONE = 0.012
# A process that is slowly mastered, with better and worse weeks.
FIRST_WEEK, LAST_WEEK, WEEK_SPREAD = 1.2, 0.8, 0.2


@dataclass(frozen=True)
class Plan:
    """What a database is to be filled with: so many images in the `days` before `until`."""

    images: int
    days: int
    batches: int
    until: datetime


@dataclass(frozen=True)
class Chunk:
    """Rows by table, in the order in which they may go in; `ids` are those of its images."""

    tables: Mapping[str, tables.Columns]
    ids: list[str]
    regions: int

    @property
    def rows(self) -> int:
        firsts = (next(iter(columns.values())) for columns in self.tables.values())
        return sum(len(first.body) for first in firsts)


def chunks(plan: Plan, dice: Dice) -> Iterator[Chunk]:
    """Yield the rows of a plan, some thousands of images at a time."""
    weeks = np.linspace(FIRST_WEEK, LAST_WEEK, plan.days // 7 + 1)
    weeks *= dice.lognormal(-(WEEK_SPREAD**2) / 2, WEEK_SPREAD, len(weeks))
    for stretch in stretches(plan.images, plan.days, plan.until, dice):
        not_done = int(dice.binomial(stretch.images, NOT_DONE))
        last = stretch.first + stretch.images
        batches = plan.batches * last // plan.images - plan.batches * stretch.first // plan.images
        came = moments_in(stretch, not_done, dice)
        panels = draw(came, stretch.first, not_done, batches, dice)
        yield _chunk(panels, float(weeks[stretch.hour // (7 * 24)]), dice)


def _chunk(panels: Panels, excess: float, dice: Dice) -> Chunk:
    inspected = panels.inspected()
    images = len(inspected.ids)
    by_class = counts(images, excess, dice)
    found = findings(by_class, inspected.width, inspected.height, dice)
    areas = found.areas(images)
    return Chunk(
        {
            **tables.batches_and_uploads(panels, by_class, areas, dice),
            "images": tables.images(inspected),
            "classes": tables.classes(inspected, by_class, areas),
            "regions": tables.regions(inspected, found),
        },
        [each.decode() for each in inspected.ids.tolist()],
        len(found.image),
    )

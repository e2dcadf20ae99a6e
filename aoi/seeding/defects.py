"""What is found on panels: how many of each class, where, and how large."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

NAMES = ("PI_Particle", "PR_Peeling", "Copper_Nodule", "Env_Particle")
SHARES = np.array([0.5, 0.14, 0.22, 0.14])
COPPER = 2
PEELING = 1

CLEAN = 0.45
# With these a panel has ten regions on average, and one in a thousand has over four hundred.
MEAN_OF_LOG, SPREAD_OF_LOG = 2.06, 1.3
MOST_REGIONS = 999
ONE_PIXEL = 0.02

MEDIAN_AREA = np.array([60.0, 900.0, 140.0, 220.0])
AREA_SPREAD = np.array([1.1, 1.3, 0.9, 1.2])
ELONGATION = np.array([0.35, 1.2, 0.2, 0.9])
# A worn spot of the carrier, on the panel scaled to the unit square.
HOT_SPOT, HOT_SPREAD, HOT_SHARE = (0.31, 0.68), 0.012, 0.25


@dataclass(frozen=True)
class Findings:
    """The regions of a chunk of images, by image, class and number; sizes are in pixels."""

    image: Integers
    of_class: Integers
    number: Integers
    centroid: tuple[Floats, Floats]
    corner: tuple[Integers, Integers]
    box: tuple[Integers, Integers]
    area: Integers
    perimeter: Floats
    major: Floats
    minor: Floats
    circularity: Floats

    @property
    def aspect_ratio(self) -> Floats:
        return self.major / self.minor

    def areas(self, images: int) -> Integers:
        """Return (images, classes) sums of the areas."""
        cells = self.image * len(NAMES) + self.of_class
        sums = np.bincount(cells, self.area, images * len(NAMES))
        return sums.astype(np.int64).reshape(images, len(NAMES))


def counts(images: int, excess: float, dice: np.random.Generator) -> Integers:
    """Return how many regions of each class (images, classes); `excess` scales them."""
    many = dice.lognormal(MEAN_OF_LOG, SPREAD_OF_LOG, images) * excess
    many = np.where(dice.random(images) < CLEAN, 0, np.ceil(many - 0.5)).astype(np.int64)
    # On one panel the same cause brings the same class over and over.
    chances = dice.gamma(SHARES * 3, size=(images, len(NAMES))) + 1e-9
    chances /= chances.sum(axis=1, keepdims=True)
    return dice.multinomial(np.minimum(many, MOST_REGIONS), chances)


def findings(
    by_class: Integers, width: Integers, height: Integers, dice: np.random.Generator
) -> Findings:
    """Return regions for the counts (images, classes) on images of these sizes."""
    flat = by_class.reshape(-1)
    cell = np.repeat(np.arange(len(flat)), flat)
    image, of_class = cell // len(NAMES), cell % len(NAMES)
    number = np.arange(len(cell)) - np.repeat(np.cumsum(flat) - flat, flat) + 1
    tiny = dice.random(len(cell)) < ONE_PIXEL
    area, major, minor, perimeter, circularity = _shapes(of_class, tiny, dice)
    turn = dice.random(len(cell)) * np.pi
    x, y = _places(of_class, dice)
    spans = []
    for place, size, one, other in (
        (x, width[image], np.cos(turn), np.sin(turn)),
        (y, height[image], np.sin(turn), np.cos(turn)),
    ):
        span = np.where(tiny, 1, np.ceil(np.hypot(major * one, minor * other)) + 1)
        span = np.minimum(span, size)
        start = np.clip(np.floor(place * size - span / 2), 0, size - span)
        centre = start + (span - 1) * dice.uniform(0.45, 0.55, len(cell))
        spans.append((centre, start.astype(np.int64), span.astype(np.int64)))
    (cx, left, wide), (cy, top, high) = spans
    return Findings(
        image, of_class, number, (cx, cy), (left, top), (wide, high),
        area, perimeter, major, minor, circularity,
    )  # fmt: skip


def _shapes(
    of_class: Integers, tiny: NDArray[np.bool_], dice: np.random.Generator
) -> tuple[Integers, Floats, Floats, Floats, Floats]:
    """Return area, axes, perimeter and circularity; a region of one pixel has no area."""
    size = len(of_class)
    area = np.exp(dice.normal(np.log(MEDIAN_AREA)[of_class], AREA_SPREAD[of_class]))
    area = np.clip(np.rint(area), 4, 60_000)
    ratio = 1 + dice.exponential(ELONGATION[of_class])
    major = np.sqrt(4 * area * ratio / np.pi)
    minor = major / ratio
    # An ellipse's own perimeter, by Ramanujan's formula, is the least that an outline can have.
    round_trip = (
        np.pi / 2 * (3 * (major + minor) - np.sqrt((3 * major + minor) * (major + 3 * minor)))
    )
    perimeter = round_trip / np.sqrt(dice.beta(9, 2, size))
    circularity = 4 * np.pi * area / perimeter**2
    for values, value in ((area, 0), (major, 1), (minor, 1), (perimeter, 0), (circularity, 0)):
        values[tiny] = value
    return area.astype(np.int64), major, minor, perimeter, circularity


def _places(of_class: Integers, dice: np.random.Generator) -> tuple[Floats, Floats]:
    """Return centres on the unit square; peeling is by the edges, copper often at one spot."""
    size = len(of_class)
    x, y = dice.random((2, size))
    peeling = of_class == PEELING
    x[peeling] = dice.beta(0.5, 0.5, int(peeling.sum()))
    hot = (of_class == COPPER) & (dice.random(size) < HOT_SHARE)
    x[hot] = dice.normal(HOT_SPOT[0], HOT_SPREAD, int(hot.sum()))
    y[hot] = dice.normal(HOT_SPOT[1], HOT_SPREAD, int(hot.sum()))
    return np.clip(x, 0, 1), np.clip(y, 0, 1)

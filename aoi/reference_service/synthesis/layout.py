"""The metal of a tile: where copper is, where the rings are."""

from dataclasses import dataclass, field

import cv2
import numpy as np

from .arrays import Bytes, Random, chance, log_uniform
from .patterns import paint_knobs, paint_lattice, paint_marks, paint_pads, paint_traces

OVERSAMPLING = 2


@dataclass
class Ring:
    """A dark circle on a pad, in tile pixels; `pad` is the pad's box (x0, y0, x1, y1)."""

    x: float
    y: float
    radius: float
    thickness: float
    pad: tuple[int, int, int, int]


@dataclass
class Layout:
    """Copper as 0 or 255 at twice the tile's size, and the rings on it."""

    metal: Bytes
    rings: list[Ring] = field(default_factory=list)


def draw_layout(rng: Random, size: int) -> Layout:
    """Draw the copper of one tile of `size` x `size` pixels."""
    scale = log_uniform(rng, 0.5, 2.0)
    metal = np.zeros((size * OVERSAMPLING, size * OVERSAMPLING), np.uint8)
    _paint_area(rng, metal, scale)
    for _ in range(int(rng.integers(0, 3))):
        _paint_area(rng, _random_band(rng, metal), scale)
    if chance(rng, 0.3):
        paint_traces(rng, metal, scale)
    if chance(rng, 0.25):
        paint_marks(rng, metal, scale)
    if chance(rng, 0.2):
        _paint_disc(rng, metal)
    if chance(rng, 0.25):
        paint_knobs(rng, metal)
    rings: list[Ring] = []
    if chance(rng, 0.7):
        rings = _paint_ringed_pads(rng, metal, scale)
    return Layout(metal, rings)


def _paint_area(rng: Random, area: Bytes, scale: float) -> None:
    kind = rng.choice(5, p=[0.4, 0.25, 0.1, 0.15, 0.1])
    if kind == 0:
        paint_lattice(rng, area, scale)
    elif kind == 1:
        paint_pads(rng, area, scale)
    elif kind == 2:
        area[:] = 255
    elif kind == 3:
        area[:] = 255 if chance(rng, 0.2) else 0
        paint_traces(rng, area, scale)
    else:
        area[:] = 0


def _random_band(rng: Random, metal: Bytes) -> Bytes:
    side = metal.shape[0]
    low, high = sorted(int(v) for v in rng.integers(0, side, 2))
    high = min(side, max(high, low + 24))
    if chance(rng, 0.5):
        return metal[low:high]
    if chance(rng, 0.6):
        return metal[:, low:high]
    left, right = sorted(int(v) for v in rng.integers(0, side, 2))
    return metal[low:high, left : max(right, left + 24)]


def _paint_disc(rng: Random, metal: Bytes) -> None:
    side = metal.shape[0]
    centre = [int(v) for v in rng.integers(-side // 4, side + side // 4, 2)]
    radius = int(rng.uniform(0.1, 0.7) * side)
    cv2.circle(metal, centre, radius, 255 if chance(rng, 0.6) else 0, -1)


def _paint_ringed_pads(rng: Random, metal: Bytes, scale: float) -> list[Ring]:
    """Draw a grid of big pads, each with a clearing around it and most with a ring."""
    side = metal.shape[0]
    radius = log_uniform(rng, 22, 150) * min(1.5, max(0.7, scale))
    half = radius * rng.uniform(1.05, 1.6) * OVERSAMPLING
    clearing = half + rng.uniform(0.0, 0.8) * radius * OVERSAMPLING
    pitch = 2 * clearing + rng.uniform(0.1, 3.0) * radius * OVERSAMPLING
    thickness = log_uniform(rng, 3, 10) if chance(rng, 0.6) else log_uniform(rng, 1.5, 14)
    round_pad, has_ring = chance(rng, 0.25), chance(rng, 0.85)
    has_clearing, has_tail = chance(rng, 0.7), chance(rng, 0.5)
    # A second ring within the first, as where two layers' openings lie on each other.
    inner = rng.uniform(0.6, 0.93) if chance(rng, 0.2) else 0.0
    shift = rng.uniform(-0.1, 0.1, 2) * half
    start = rng.uniform(-0.5, 0.5, 2) * pitch
    rings: list[Ring] = []
    for y in np.arange(start[1], side + clearing, pitch):
        for x in np.arange(start[0], side + clearing, pitch):
            if has_clearing:
                _box(metal, x, y, clearing, 0)
            if has_tail:
                _paint_tail(rng, metal, x, y, half)
            if round_pad:
                cv2.circle(metal, (int(x), int(y)), int(half), 255, -1)
            else:
                _box(metal, x, y, half, 255)
            if has_ring:
                pad = [int(v / OVERSAMPLING) for v in (x - half, y - half, x + half, y + half)]
                middle = (x + shift[0]) / OVERSAMPLING, (y + shift[1]) / OVERSAMPLING
                box = pad[0], pad[1], pad[2], pad[3]
                rings.append(Ring(*middle, radius, thickness, box))
                if inner:
                    rings.append(Ring(*middle, radius * inner, thickness * 0.6, box))
    return rings


def _box(metal: Bytes, x: float, y: float, half: float, value: int) -> None:
    corners = (int(x - half), int(y - half)), (int(x + half), int(y + half))
    cv2.rectangle(metal, corners[0], corners[1], value, -1)


def _paint_tail(rng: Random, metal: Bytes, x: float, y: float, half: float) -> None:
    """Draw the teardrop that leads a trace into the pad."""
    direction = 1 if chance(rng, 0.5) else -1
    tip = int(x + direction * half * rng.uniform(1.1, 1.5))
    radius = max(3, int(half * rng.uniform(0.04, 0.16)))
    root = int(x + direction * half)
    spread = radius * rng.uniform(1.0, 2.0)
    wedge = np.array([[root, y - spread], [root, y + spread], [tip, y + 2], [tip, y - 2]])
    cv2.fillPoly(metal, [wedge.astype(np.int32)], 255)
    cv2.circle(metal, (tip, int(y)), radius, 255, -1)

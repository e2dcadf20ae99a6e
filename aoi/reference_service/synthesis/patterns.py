"""Repeating copper: lattices of lanes, grids of pads, traces, marks, knobs.

Every painter draws 0 or 255 into a view of the metal, at twice the tile's scale.
"""

import cv2
import numpy as np

from .arrays import Bytes, Random, chance, log_uniform


def paint_lattice(rng: Random, area: Bytes, scale: float) -> None:
    """Draw copper lanes around square openings; some openings grow into long bars."""
    pitch = max(16, int(log_uniform(rng, 80, 160) * scale))
    opening = int(pitch * rng.uniform(0.55, 0.88))
    cell = np.full((pitch, pitch), 255, np.uint8)
    _rounded_box(cell, opening, int(opening * rng.choice([0.0, 0.05, 0.15, 0.3])), 0)
    origin = rng.integers(0, pitch, 2)
    _repeat(area, cell, origin)
    if chance(rng, 0.6):
        _merge_openings(rng, area, pitch, opening, origin)
    if chance(rng, 0.5):
        _paint_stubs(rng, area, pitch, pitch - opening)
    if chance(rng, 0.4):
        _paint_lane_knobs(rng, area, pitch, opening, origin)


def paint_pads(rng: Random, area: Bytes, scale: float) -> None:
    """Draw a grid of square, rounded or round pads with narrow gaps."""
    pitch = max(14, int(log_uniform(rng, 32, 120) * scale))
    pad = max(6, int(pitch * rng.uniform(0.55, 0.92)))
    cell = np.zeros((pitch, pitch), np.uint8)
    if chance(rng, 0.25):
        cv2.circle(cell, (pitch // 2, pitch // 2), pad // 2, 255, -1)
    else:
        _rounded_box(cell, pad, int(pad * rng.choice([0.0, 0.08, 0.2, 0.35])), 255)
    _repeat(area, cell, rng.integers(0, pitch, 2))


def paint_traces(rng: Random, area: Bytes, scale: float) -> None:
    """Draw a bundle of parallel traces with one bend, ending round or in small pads."""
    height, width = area.shape
    line = max(4, int(log_uniform(rng, 6, 36) * scale))
    spacing = line * rng.uniform(1.5, 3.5)
    angle = float(rng.choice([0, 45, 90, 135]) if chance(rng, 0.8) else rng.uniform(0, 180))
    bend = float(rng.choice([-45, 0, 45, 90]))
    first, second = (_direction(a) for a in (angle, angle + bend))
    normal = np.array([-first[1], first[0]])
    middle = rng.uniform(0.2, 0.8, 2) * (width, height)
    reach = float(max(height, width)) * 1.5
    start, end = (reach if chance(rng, 0.6) else rng.uniform(0.1, 0.5) * reach for _ in range(2))
    colour = 255 if chance(rng, 0.8) else 0
    pad = int(line * rng.uniform(0.8, 1.6)) if chance(rng, 0.4) else 0
    count = int(rng.integers(1, 12) if chance(rng, 0.7) else reach / spacing)
    for k in range(count):
        knee = middle + normal * spacing * (k - count / 2)
        points = np.array([knee - first * start, knee, knee + second * end], np.int32)
        cv2.polylines(area, [points], False, colour, line)
        if pad:
            cv2.circle(area, [int(v) for v in points[-1]], pad, colour, -1)
            cv2.circle(area, [int(v) for v in points[0]], pad, colour, -1)


def paint_marks(rng: Random, area: Bytes, scale: float) -> None:
    """Draw fiducials: crosses, T shapes, frames and letters."""
    height, width = area.shape
    for _ in range(int(rng.integers(1, 4))):
        x, y = int(rng.integers(0, width)), int(rng.integers(0, height))
        reach = max(12, int(rng.uniform(16, 70) * scale))
        arm = max(3, int(reach * rng.uniform(0.15, 0.6)))
        colour = 255 if chance(rng, 0.7) else 0
        kind = rng.integers(0, 4)
        if kind == 0:
            cv2.rectangle(area, (x - reach, y - arm), (x + reach, y + arm), colour, -1)
            cv2.rectangle(area, (x - arm, y - reach), (x + arm, y + reach), colour, -1)
        elif kind == 1:
            cv2.rectangle(area, (x - reach, y), (x + reach, y + arm), colour, -1)
            cv2.rectangle(area, (x - arm, y), (x + arm, y + reach), colour, -1)
        elif kind == 2:
            cv2.rectangle(area, (x, y), (x + 2 * reach, y + 2 * reach), colour, arm)
        else:
            text = "".join(chr(int(c)) for c in rng.integers(48, 91, 4))
            cv2.putText(area, text, (x, y), int(rng.integers(0, 4)), reach / 20, colour, arm // 2)


def paint_knobs(rng: Random, metal: Bytes) -> None:
    """Draw small round copper that is meant to be there: discs, some at the end of a thin line.

    Nodules look much like it, but are never so regular.
    """
    side = metal.shape[0]
    radius = log_uniform(rng, 6, 18)
    angle = float(rng.choice([0, 90, 180, 270]))
    lead = _direction(angle) * rng.uniform(3, 30) * radius if chance(rng, 0.7) else None
    line = max(2, int(radius * rng.uniform(0.4, 1.2)))
    step = rng.uniform(3, 12) * radius
    row = _direction(angle + 90) * step
    for _ in range(int(rng.integers(1, 4))):
        first = rng.uniform(0, side, 2)
        for k in range(int(rng.integers(1, 10))):
            centre = first + row * k
            at = int(centre[0]), int(centre[1])
            if lead is not None:
                end = centre + lead
                cv2.line(metal, at, (int(end[0]), int(end[1])), 255, line)
            cv2.circle(metal, at, int(radius), 255, -1)


def _paint_lane_knobs(rng: Random, area: Bytes, pitch: int, opening: int, origin: Bytes) -> None:
    """Let half-round knobs stand on lanes, one at a time or in a row."""
    height, width = area.shape
    radius = min(opening // 3, int(log_uniform(rng, 5, 16)))
    reach = int(rng.uniform(0, 1.5) * radius)
    for _ in range(int(rng.integers(2, 12))):
        across = chance(rng, 0.5)
        long, short = (width, height) if across else (height, width)
        lane = int(rng.integers(0, max(1, short // pitch))) * pitch - int(
            origin[1 if across else 0]
        )
        foot = lane + (pitch - opening) // 2
        spacing = int(rng.choice([pitch, pitch // 2, pitch // 3]))
        start = int(rng.integers(0, max(1, long)))
        for k in range(int(rng.choice([1, 1, 3, 6]))):
            along = start + k * max(spacing, 3 * radius)
            tip = foot + reach
            ends = ((along, foot), (along, tip)) if across else ((foot, along), (tip, along))
            cv2.line(area, ends[0], ends[1], 255, 2 * radius)


def _merge_openings(rng: Random, area: Bytes, pitch: int, opening: int, origin: Bytes) -> None:
    height, width = area.shape
    lane = pitch - opening
    for _ in range(int(rng.integers(1, 9))):
        column = int(rng.integers(-1, width // pitch + 1))
        row = int(rng.integers(-1, height // pitch + 1))
        long, short = int(rng.integers(2, 9)), int(rng.choice([1, 1, 2, 3]))
        columns, rows = (long, short) if chance(rng, 0.5) else (short, long)
        x = column * pitch - int(origin[0]) + lane // 2
        y = row * pitch - int(origin[1]) + lane // 2
        corner = (x + columns * pitch - lane, y + rows * pitch - lane)
        cv2.rectangle(area, (x, y), corner, 0, -1)


def _paint_stubs(rng: Random, area: Bytes, pitch: int, lane: int) -> None:
    """Clear a window and let lanes end in it, rounded."""
    height, width = area.shape
    x, y = int(rng.integers(0, width)), int(rng.integers(0, height))
    wide, tall = (int(v) for v in rng.integers(2, 6, 2) * pitch)
    cv2.rectangle(area, (x, y), (x + wide, y + tall), 0, -1)
    reach = int(pitch * rng.uniform(0.2, 0.9))
    for k in range(x + pitch // 2, x + wide, pitch):
        cv2.line(area, (k, y), (k, y + reach), 255, max(1, lane))
    if chance(rng, 0.5):
        for k in range(y + pitch + pitch // 2, y + tall, pitch):
            cv2.line(area, (x, k), (x + reach, k), 255, max(1, lane))


def _rounded_box(cell: Bytes, side: int, radius: int, colour: int) -> None:
    low = (cell.shape[0] - side) // 2
    high = low + side
    if radius < 1:
        cv2.rectangle(cell, (low, low), (high - 1, high - 1), colour, -1)
        return
    cv2.rectangle(cell, (low + radius, low), (high - radius, high - 1), colour, -1)
    cv2.rectangle(cell, (low, low + radius), (high - 1, high - radius), colour, -1)
    for x in (low + radius, high - 1 - radius):
        for y in (low + radius, high - 1 - radius):
            cv2.circle(cell, (x, y), radius, colour, -1)


def _repeat(area: Bytes, cell: Bytes, origin: Bytes) -> None:
    pitch = cell.shape[0]
    height, width = area.shape
    sheet = np.tile(cell, (height // pitch + 2, width // pitch + 2))
    area[:] = sheet[int(origin[1]) :, int(origin[0]) :][:height, :width]


def _direction(degrees: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    angle = np.deg2rad(degrees)
    return np.array([np.cos(angle), np.sin(angle)])

"""Peeling resist: lens-shaped bands that lift along real edges."""

import cv2
import numpy as np

from .arrays import Bytes, Floats, Points, Random, chance, log_uniform
from .canvas import Canvas, Defect, cover, only_visible
from .layout import OVERSAMPLING, Layout, Ring

_STEP = 8  # contour points between two normals: short jags must not turn them


def add_peeling(rng: Random, canvas: Canvas, layout: Layout) -> bool:
    """Stamp one band along an edge of the layout; False where no edge is long enough."""
    length = log_uniform(rng, 40, 110)
    side = canvas.image.shape[0]
    narrowest = 5.0
    if layout.rings and chance(rng, 0.15):
        # A band no wider than the ring that it lies on could not be told from the ring.
        ring = layout.rings[int(rng.integers(0, len(layout.rings)))]
        path, narrowest = _ring_path(rng, ring, length, side), max(8.0, ring.thickness * 1.3)
    elif chance(rng, 0.1):
        path = _free_path(rng, length, side)
    else:
        path = _contour_path(rng, layout.metal, length, side)
    if path is None:
        return False
    steps = np.linspace(0, 1, len(path))
    tangent = np.gradient(path, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True) + 1e-6
    normal = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1) * rng.choice([-1.0, 1.0])
    width = log_uniform(rng, narrowest, 20)
    bulge = width * np.sin(np.pi * steps) ** rng.uniform(0.45, 1.2)
    bulge *= 1 + rng.normal(0, 0.08) * np.sin(steps * rng.uniform(4, 14))
    base = path - normal * rng.uniform(0, 1.5)
    free = path + normal * bulge[:, None]
    _shade_band(rng, canvas, base, free, normal, width)
    return True


@only_visible
def _shade_band(
    rng: Random, canvas: Canvas, base: Points, free: Points, normal: Points, width: float
) -> None:
    coverage, x0, y0 = cover(np.concatenate([base, free[::-1]]), 4)
    middle = free[len(free) // 2] + normal[len(free) // 2] * 4
    around = canvas.level_at(float(middle[0]), float(middle[1]), 6)
    kind = rng.choice(3, p=[0.78, 0.18, 0.04])
    if kind == 0:
        level = rng.uniform(2, 60)
    else:
        level = around - rng.uniform(45, 100) if kind == 1 else around + rng.uniform(30, 70)
    level = float(np.clip(level, 2, 250))
    if chance(rng, 0.6):
        _shade_slope(rng, canvas, base, free, normal, width, level)
    opacity = cv2.GaussianBlur(coverage, (0, 0), float(rng.uniform(0.3, 1.3)))
    ramp = _ramp(rng, coverage.shape) * float(rng.uniform(0, 18))
    canvas.shade(x0, y0, opacity * float(rng.uniform(0.9, 1.0)), np.clip(level + ramp, 0, 255))
    if chance(rng, 0.3):
        _draw_rim(rng, canvas, free, level)
    canvas.mark(x0, y0, coverage, Defect.PR_PEELING)


def _shade_slope(
    rng: Random,
    canvas: Canvas,
    base: Points,
    free: Points,
    normal: Points,
    width: float,
    level: float,
) -> None:
    """Let the dark run out softly beyond the free side, as a lifted film does."""
    beyond = free + normal * width * rng.uniform(0.3, 1.5)
    slope, x0, y0 = cover(np.concatenate([base, beyond[::-1]]), 24)
    slope = cv2.GaussianBlur(slope, (0, 0), float(rng.uniform(0.25, 0.7) * width + 1))
    canvas.shade(x0, y0, slope * float(rng.uniform(0.2, 0.6)), level)


def _draw_rim(rng: Random, canvas: Canvas, free: Points, level: float) -> None:
    low = np.floor(free.min(axis=0)).astype(int) - 3
    span = np.ceil(free.max(axis=0)).astype(int) + 3 - low
    sheet = np.zeros((int(span[1]), int(span[0])), np.uint8)
    points = ((free - low) * 16).astype(np.int32)
    cv2.polylines(sheet, [points], False, 255, 1, cv2.LINE_AA, 4)
    rim = level + float(rng.choice([-60.0, 60.0, 110.0]))
    opacity = sheet.astype(np.float32) / 255 * float(rng.uniform(0.3, 0.9))
    canvas.shade(int(low[0]), int(low[1]), opacity, float(np.clip(rim, 2, 250)))


def _ramp(rng: Random, shape: tuple[int, ...]) -> Floats:
    corners = rng.standard_normal((2, 2), dtype=np.float32)
    return cv2.resize(corners, shape[::-1]).astype(np.float32)


def _ring_path(rng: Random, ring: Ring, length: float, side: int) -> Points | None:
    """Return a stretch of a ring's inner or outer edge."""
    away = ring.radius + rng.choice([-1, 1]) * ring.thickness / 2
    path = _arc(rng, ring.x, ring.y, float(away), length)
    return path if _is_inside(path, side) else None


def _free_path(rng: Random, length: float, side: int) -> Points | None:
    """Return an arc where no edge is: resist can lift from a plain surface too."""
    x, y = rng.uniform(0, side, 2)
    path = _arc(rng, float(x), float(y), log_uniform(rng, 20, 200), length)
    return path if _is_inside(path, side) else None


def _arc(rng: Random, x: float, y: float, radius: float, length: float) -> Points:
    swing = min(length / radius, 2.6)
    angle = rng.uniform(0, 2 * np.pi) + np.linspace(0, swing, max(16, int(length / 2)))
    return np.stack([x + radius * np.cos(angle), y + radius * np.sin(angle)], axis=1)


def _contour_path(rng: Random, metal: Bytes, length: float, side: int) -> Points | None:
    """Find a stretch of a real edge, `length` tile pixels long."""
    contours, _ = cv2.findContours(metal, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    need = int(length * OVERSAMPLING)
    long_enough = [c for c in contours if len(c) > need * 1.5]
    for _ in range(8 if long_enough else 0):
        contour = long_enough[int(rng.integers(0, len(long_enough)))][:, 0, :]
        start = int(rng.integers(0, len(contour)))
        index = (start + np.arange(0, need, 2)) % len(contour)
        path = contour[index].astype(np.float64) / OVERSAMPLING
        path = _smooth(path)
        # A path around a whole opening would fold its band over itself.
        is_stretched = float(np.linalg.norm(path[-1] - path[0])) > 0.65 * length
        if is_stretched and _is_inside(path, side):
            return path
    return None


def _smooth(path: Points) -> Points:
    kernel = np.ones(_STEP) / _STEP
    padded = np.pad(path, ((_STEP // 2, _STEP - 1 - _STEP // 2), (0, 0)), mode="edge")
    return np.stack([np.convolve(padded[:, k], kernel, mode="valid") for k in (0, 1)], axis=1)


def _is_inside(path: Points, side: int) -> bool:
    """Tell whether most of the path lies in the tile and not on its border."""
    inside = ((path > 3) & (path < side - 4)).all(axis=1)
    return bool(inside.mean() > 0.85)

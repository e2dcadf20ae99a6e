"""Small foreign things: PI particles, copper nodules, Env blobs and fibres."""

import cv2
import numpy as np

from .arrays import Floats, Points, Random, chance, log_uniform
from .canvas import Canvas, Defect, cover, only_visible


def outline(rng: Random, x: float, y: float, radius: float, roughness: float) -> Points:
    """Return a closed wobbly ellipse (n, 2) around a point."""
    count = max(12, int(radius * 3))
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    wobble = np.ones(count)
    for order in (2, 3, 5):
        wobble += rng.normal(0, roughness / order) * np.cos(order * angle + rng.uniform(0, 6.3))
    stretch, turn = 1 + abs(rng.normal(0, 0.18)), rng.uniform(0, np.pi)
    along = radius * np.clip(wobble, 0.4, 1.8) * np.cos(angle) * stretch
    across = radius * np.clip(wobble, 0.4, 1.8) * np.sin(angle) / stretch
    return np.stack(
        [
            x + along * np.cos(turn) - across * np.sin(turn),
            y + along * np.sin(turn) + across * np.cos(turn),
        ],
        axis=1,
    )


@only_visible
def add_particle(rng: Random, canvas: Canvas, x: float, y: float, size: float) -> None:
    """Stamp one PI particle of `size` pixels across: solid, hollow-rimmed or faint."""
    coverage, x0, y0 = cover(outline(rng, x, y, size / 2, 0.15))
    base = canvas.level_at(x, y)
    faint = chance(rng, 0.25)
    contrast = rng.uniform(16, 45) if faint else rng.uniform(45, 150)
    if size < 5:
        contrast = max(contrast, 32.0)
    level = max(2.0, base - contrast)
    opacity = coverage
    if size >= 5 and chance(rng, 0.45):
        hole = cover(outline(rng, x, y, size / 2 * rng.uniform(0.3, 0.65), 0.1), 3)
        opacity = coverage - _placed(hole, coverage.shape, x0, y0) * float(rng.uniform(0.4, 1.05))
    elif size >= 6 and chance(rng, 0.3):
        dx, dy = rng.uniform(-0.2, 0.2, 2) * size
        spot = cover(outline(rng, x + dx, y + dy, max(0.7, size * 0.12), 0.1), 3)
        opacity = coverage - _placed(spot, coverage.shape, x0, y0) * float(rng.uniform(0.2, 0.9))
    if chance(rng, 0.4):
        opacity = cv2.GaussianBlur(opacity, (0, 0), float(rng.uniform(0.4, 0.4 + size * 0.06)))
    canvas.shade(x0, y0, opacity, level)
    canvas.mark(x0, y0, coverage, Defect.PI_PARTICLE)


def add_cluster(rng: Random, canvas: Canvas, x: float, y: float) -> None:
    """Stamp a cloud or a trail of particles around a point."""
    spread = log_uniform(rng, 6, 50)
    stretch = rng.uniform(0.15, 1.0)
    turn = rng.uniform(0, np.pi)
    largest = log_uniform(rng, 4, 18)
    for _ in range(int(rng.integers(3, 22))):
        u, v = rng.normal(0, spread), rng.normal(0, spread * stretch)
        size = log_uniform(rng, 2.4, max(3.2, largest))
        px = x + u * np.cos(turn) - v * np.sin(turn)
        py = y + u * np.sin(turn) + v * np.cos(turn)
        add_particle(rng, canvas, float(px), float(py), size)


@only_visible
def add_nodule(rng: Random, canvas: Canvas, x: float, y: float) -> None:
    """Stamp a copper nodule: a bright bump, mostly with its shadow on one side."""
    size = log_uniform(rng, 3.0, 9.0) if chance(rng, 0.85) else log_uniform(rng, 9.0, 15.0)
    coverage, x0, y0 = cover(outline(rng, x, y, size / 2, 0.08), 5)
    base = canvas.level_at(x, y)
    light = rng.uniform(0, 2 * np.pi)
    reach = size * rng.uniform(0.15, 0.4)
    shift = np.array([np.cos(light), np.sin(light)]) * reach
    depth = float(rng.uniform(28, 95)) if chance(rng, 0.85) else 0.0
    if depth:
        shadow = _moved(coverage, *shift) if chance(rng, 0.7) else cv2.dilate(coverage, _CROSS)
        softness = float(rng.uniform(0.3, 1.0))
        canvas.shade(x0, y0, cv2.GaussianBlur(shadow, (0, 0), softness), max(3.0, base - depth))
    bright = float(min(250.0, base + rng.uniform(28, 95)))
    top = coverage
    if size >= 5 and chance(rng, 0.5):
        dome = cv2.GaussianBlur(_moved(coverage, *(-shift * 0.5)), (0, 0), size * 0.16)
        top = dome / max(0.3, float(dome.max())) * coverage
    canvas.shade(x0, y0, np.clip(top, 0, 1), bright)
    canvas.mark(x0, y0, coverage, Defect.COPPER_NODULE)


@only_visible
def add_blob(rng: Random, canvas: Canvas, x: float, y: float) -> None:
    """Stamp a large dark lump of 20 to 60 pixels."""
    size = log_uniform(rng, 20, 62)
    parts = [outline(rng, x, y, size * rng.uniform(0.28, 0.42), 0.35)]
    for _ in range(int(rng.integers(0, 7))):
        angle, away = rng.uniform(0, 2 * np.pi), size * rng.uniform(0.1, 0.38)
        centre = x + away * np.cos(angle), y + away * np.sin(angle)
        parts.append(outline(rng, *centre, size * rng.uniform(0.1, 0.28), 0.3))
    everything = np.concatenate(parts)
    coverage, x0, y0 = cover(everything, 8)
    coverage[:] = 0
    for part in parts:
        coverage = np.maximum(coverage, _placed(cover(part), coverage.shape, x0, y0))
    base = canvas.level_at(x, y, 20)
    level = rng.uniform(2, 45) if chance(rng, 0.65) else base - rng.uniform(35, 110)
    texture = cv2.resize(rng.standard_normal((8, 8), dtype=np.float32), coverage.shape[::-1])
    texture = np.clip(max(3.0, level) + texture * float(rng.uniform(0, 14)), 0, 255)
    opacity = cv2.GaussianBlur(coverage, (0, 0), float(rng.uniform(0.4, 2.2)))
    if chance(rng, 0.4):
        halo = cv2.GaussianBlur(coverage, (0, 0), float(rng.uniform(2.5, 5)))
        canvas.shade(x0, y0, halo * float(rng.uniform(0.1, 0.35)), max(3.0, level))
    canvas.shade(x0, y0, opacity * float(rng.uniform(0.88, 1.0)), texture.astype(np.float32))
    canvas.mark(x0, y0, coverage, Defect.ENV_PARTICLE)


@only_visible
def add_fibre(rng: Random, canvas: Canvas, x: float, y: float) -> None:
    """Stamp a curled fibre of 20 to 110 pixels, dark or (seldom) bright."""
    reach, width = log_uniform(rng, 20, 110), log_uniform(rng, 1.8, 6.0)
    steps = max(8, int(reach / 3))
    turn = (
        rng.uniform(0, 2 * np.pi)
        + np.cumsum(rng.normal(0, 0.16, steps))
        + np.linspace(0, rng.normal(0, 1.2), steps)
    )
    path = np.cumsum(np.stack([np.cos(turn), np.sin(turn)], axis=1) * reach / steps, axis=0)
    path += (x, y) - path.mean(axis=0)
    normal = np.stack([-np.sin(turn), np.cos(turn)], axis=1)
    taper = width / 2 * (1 - rng.uniform(0, 0.7) * np.linspace(-1, 1, steps) ** 4)[:, None]
    ribbon = np.concatenate([path + normal * taper, (path - normal * taper)[::-1]])
    coverage, x0, y0 = cover(ribbon, 4)
    base = canvas.level_at(x, y, 12)
    contrast = rng.uniform(38, 140)
    bright = chance(rng, 0.2) and base + contrast < 250
    level = base + contrast if bright else max(3.0, base - contrast)
    opacity = cv2.GaussianBlur(coverage, (0, 0), float(rng.uniform(0.3, 0.9)))
    canvas.shade(x0, y0, opacity, level)
    canvas.mark(x0, y0, coverage, Defect.ENV_PARTICLE)


_CROSS = np.ones((3, 3), np.uint8)


def _moved(coverage: Floats, dx: float, dy: float) -> Floats:
    matrix = np.array([[1, 0, dx], [0, 1, dy]], np.float32)
    return cv2.warpAffine(coverage, matrix, coverage.shape[::-1]).astype(np.float32)


def _placed(piece: tuple[Floats, int, int], shape: tuple[int, ...], x0: int, y0: int) -> Floats:
    """Place a covered shape in a larger sheet whose corner is (x0, y0)."""
    sheet = np.zeros(shape, np.float32)
    target = Canvas(sheet, np.zeros(shape, np.uint8))
    target.shade(piece[1] - x0, piece[2] - y0, piece[0], 1.0)
    return sheet

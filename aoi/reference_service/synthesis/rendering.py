"""Light and shade of a clean tile: copper, dielectric, edges, rings, harmless shadows."""

from dataclasses import dataclass

import cv2
import numpy as np

from .arrays import Bytes, Floats, Random, chance
from .layout import OVERSAMPLING, Layout, Ring


@dataclass
class Palette:
    """Grey levels of one tile before light and noise."""

    metal: float
    dielectric: float
    edge: float
    ring: float


def choose_palette(rng: Random) -> Palette:
    """Choose grey levels: half the tiles like the plant's images, half anything plausible."""
    if chance(rng, 0.5):
        dielectric = rng.uniform(145, 178)
        metal = dielectric + rng.uniform(8, 35)
        edge = rng.uniform(35, 95)
        ring = rng.uniform(10, 60)
    else:
        dielectric = rng.uniform(60, 200)
        gap = rng.uniform(6, 110) * (1 if chance(rng, 0.75) else -1)
        metal = float(np.clip(dielectric + gap, 70, 240))
        edge = rng.choice([0.0, rng.uniform(-40, 0), rng.uniform(5, 110)], p=[0.15, 0.15, 0.7])
        ring = min(metal, dielectric) * rng.uniform(0.1, 0.85)
        if chance(rng, 0.1):
            ring = metal + rng.uniform(15, 60)
    return Palette(float(metal), float(dielectric), float(edge), float(ring))


def render(rng: Random, layout: Layout, palette: Palette) -> Floats:
    """Render a clean tile as float32 grey levels."""
    side = layout.metal.shape[0] // OVERSAMPLING
    metal = _shrink(layout.metal, side)
    width = int(rng.choice([3, 3, 5]))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    edges = _shrink(cv2.morphologyEx(layout.metal, cv2.MORPH_GRADIENT, kernel), side)
    image = palette.dielectric + (palette.metal - palette.dielectric) * metal
    image -= palette.edge * edges
    if chance(rng, 0.35):
        _add_glow(rng, image, metal)
    if chance(rng, 0.4):
        _add_texture(rng, image, metal)
    _add_rings(rng, image, metal, layout.rings, palette)
    if chance(rng, 0.25):
        _add_edge_shades(rng, image)
    if chance(rng, 0.5):
        _add_scratches(rng, image)
    return np.clip(image, 0, 255, out=image)


def _shrink(mask: Bytes, side: int) -> Floats:
    small = cv2.resize(mask, (side, side), interpolation=cv2.INTER_AREA)
    return small.astype(np.float32) / 255


def _add_glow(rng: Random, image: Floats, metal: Floats) -> None:
    """Brighten or darken the neighbourhood of edges, as thick copper does."""
    soft = cv2.GaussianBlur(metal, (0, 0), float(rng.uniform(1.5, 6)))
    image += (soft - metal) * float(rng.uniform(-30, 30))


def _add_texture(rng: Random, image: Floats, metal: Floats) -> None:
    """Add grain: coarse everywhere, or fine on the copper alone."""
    side = image.shape[0]
    cells = int(rng.choice([8, 32, 128, 256]))
    stretch = int(rng.choice([1, 1, 4]))  # brushed copper is grained in one direction
    grain = rng.standard_normal((cells, max(2, cells // stretch)), dtype=np.float32)
    sheet = cv2.resize(grain, (side, side), interpolation=cv2.INTER_CUBIC)
    strength = float(rng.uniform(0.5, 5.0 if cells < 100 else 3.0))
    image += sheet * strength * (metal if chance(rng, 0.5) else 1.0)


def _add_rings(
    rng: Random, image: Floats, metal: Floats, rings: list[Ring], palette: Palette
) -> None:
    tint = float(rng.uniform(-14, 6)) if chance(rng, 0.7) else float(rng.uniform(-60, 40))
    halo, softness = float(rng.uniform(0, 60)), float(rng.uniform(0.0, 1.8))
    shades, uneven = chance(rng, 0.7), chance(rng, 0.3)
    for ring in rings:
        box = _window(image, ring.x, ring.y, ring.radius + 45)
        if box is None:
            continue
        y0, y1, x0, x1 = box
        view = image[y0:y1, x0:x1]
        line = _circle(view, ring.x - x0, ring.y - y0, ring.radius, ring.thickness)
        inside = _circle(view, ring.x - x0, ring.y - y0, ring.radius, -1)
        view += tint * inside
        if shades and chance(rng, 0.6):
            view -= _one_sided_shade(rng, view, metal[y0:y1, x0:x1], ring, (x0, y0))
        if halo > 8:
            view -= halo * cv2.GaussianBlur(line, (0, 0), ring.thickness * 0.8 + 1) * (1 - line)
        if softness > 0.3:
            line = cv2.GaussianBlur(line, (0, 0), softness)
        level = palette.ring * float(rng.uniform(0.5, 1.8)) if uneven else palette.ring
        view += (min(level, 250.0) - view) * line


def _one_sided_shade(
    rng: Random, view: Floats, metal: Floats, ring: Ring, corner: tuple[int, int]
) -> Floats:
    """Shade one flank of a ring, often ending sharply at the pad's edge; it is no defect."""
    spread = ring.radius + float(rng.uniform(0, 10))
    middle = float(rng.choice([0, 90, 180, 270])) + float(rng.normal(0, 12))
    half = float(rng.uniform(15, 60))
    arc = np.zeros(view.shape, np.uint8)
    centre = (int(ring.x - corner[0]), int(ring.y - corner[1]))
    axes = (int(spread), int(spread))
    width = int(rng.integers(2, 10))
    cv2.ellipse(arc, centre, axes, 0, middle - half, middle + half, 255, width)
    soft = cv2.GaussianBlur(arc, (0, 0), float(rng.uniform(2, 7))).astype(np.float32) / 255
    soft *= float(rng.uniform(15, 95)) / max(0.2, float(soft.max()))
    soft *= 1 - _circle(view, ring.x - corner[0], ring.y - corner[1], ring.radius, -1)
    side = rng.integers(0, 3)
    if side == 0:
        return soft
    return soft * (1 - metal) if side == 1 else soft * metal


def _add_edge_shades(rng: Random, image: Floats) -> None:
    """Shade soft bands beside nothing in particular: light falling off, not a defect."""
    side = image.shape[0]
    for _ in range(int(rng.integers(1, 4))):
        band = np.zeros((side // 4, side // 4), np.float32)
        ends = rng.integers(0, side // 4, 4)
        first, last = (int(ends[0]), int(ends[1])), (int(ends[2]), int(ends[3]))
        cv2.line(band, first, last, 1.0, int(rng.integers(2, 12)))
        band = cv2.GaussianBlur(band, (0, 0), float(rng.uniform(2, 8)))
        strength = float(rng.uniform(-12, 25)) / max(0.2, float(band.max()))
        image -= strength * cv2.resize(band, (side, side), interpolation=cv2.INTER_LINEAR)


def _add_scratches(rng: Random, image: Floats) -> None:
    """Draw long faint scratches; too weak to count as fibres."""
    lines = np.zeros(image.shape, np.uint8)
    side = image.shape[0]
    for _ in range(int(rng.integers(1, 5))):
        start = rng.uniform(0, side, 2)
        angle, reach = rng.uniform(0, 2 * np.pi), rng.uniform(60, 700)
        bow = rng.normal(0, 0.08)
        steps = np.linspace(0, 1, 12)[:, None]
        turn = angle + bow * steps
        points = start + reach * steps * np.hstack([np.cos(turn), np.sin(turn)])
        thickness = int(rng.choice([1, 1, 2]))
        cv2.polylines(lines, [(points * 8).astype(np.int32)], False, 255, thickness, cv2.LINE_AA, 3)
    image += lines.astype(np.float32) * (
        float(rng.uniform(2, 8)) * float(rng.choice([-1, 1])) / 255
    )


def _window(image: Floats, x: float, y: float, reach: float) -> tuple[int, int, int, int] | None:
    height, width = image.shape
    y0, y1 = max(0, int(y - reach)), min(height, int(y + reach))
    x0, x1 = max(0, int(x - reach)), min(width, int(x + reach))
    return (y0, y1, x0, x1) if y1 - y0 > 2 and x1 - x0 > 2 else None


def _circle(view: Floats, x: float, y: float, radius: float, thickness: float) -> Floats:
    """Draw an anti-aliased circle line (or disc, thickness -1) as coverage from 0 to 1."""
    height, width = view.shape
    rows = np.arange(height, dtype=np.float32)[:, None] - y
    columns = np.arange(width, dtype=np.float32)[None, :] - x
    distance = np.sqrt(rows * rows + columns * columns)
    edge = radius - distance if thickness < 0 else thickness / 2 - np.abs(distance - radius)
    return np.asarray(np.clip(edge + 0.5, 0, 1), np.float32)

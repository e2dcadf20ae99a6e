"""One finished tile: picture and mask, decided by its seed alone."""

from dataclasses import dataclass, field

import cv2
import numpy as np

from .arrays import Bytes, Floats, Random, chance, log_uniform
from .camera import choose_camera
from .canvas import Canvas
from .layout import OVERSAMPLING, Layout, draw_layout
from .particles import add_blob, add_cluster, add_fibre, add_nodule, add_particle
from .peeling import add_peeling
from .rendering import choose_palette, render

_SEEN_LEVELS = 11.0  # mean change of grey level that makes a region visible


@dataclass
class Tile:
    """A synthetic picture (h, w) and the class of each of its pixels (h, w)."""

    image: Bytes
    mask: Bytes
    lures: list[tuple[int, int]] = field(default_factory=list)
    """Places (y, x) of clean structure that is easily taken for a defect."""


def make_tile(seed: int, size: int = 512, clean: bool | None = None) -> Tile:
    """Draw the tile of this seed; `clean` forces it free of defects or not."""
    rng = np.random.default_rng(seed)
    layout = draw_layout(rng, size)
    clean_image = render(rng, layout, choose_palette(rng))
    canvas = Canvas(clean_image.copy(), np.zeros((size, size), np.uint8))
    if clean is None:
        clean = chance(rng, 0.1)
    if not clean:
        _add_defects(rng, canvas, layout)
    return photograph(rng, clean_image, canvas, layout)


def photograph(rng: Random, clean: Floats, canvas: Canvas, layout: Layout) -> Tile:
    """Photograph the canvas; a defect that this camera cannot see loses its label."""
    camera = choose_camera(rng, clean.shape)
    levels = camera.expose(canvas.image, clean)
    change = np.abs(levels - camera.expose(clean))
    mask = _drop_unseen(canvas.mask, change, max(_SEEN_LEVELS, 2.2 * camera.noise))
    picture = camera.record(rng, levels)
    return Tile(picture, mask, _find_lures(rng, layout, clean.shape[0]))


def _drop_unseen(mask: Bytes, change: Floats, threshold: float) -> Bytes:
    """Return the mask without the regions whose mean change is below the threshold."""
    kept = mask.copy()
    for defect in np.unique(mask[mask > 0]):
        own = (mask == defect).astype(np.uint8)
        count, labels = cv2.connectedComponents(own, connectivity=8)
        sums = np.bincount(labels.ravel(), change.ravel(), count)
        sizes = np.bincount(labels.ravel(), minlength=count)
        unseen = sums / np.maximum(sizes, 1) < threshold
        unseen[0] = False
        kept[unseen[labels]] = 0
    return kept


def _find_lures(rng: Random, layout: Layout, size: int) -> list[tuple[int, int]]:
    """Choose points on rings (taken for peeling) and at corners of copper (for nodules)."""
    lures: list[tuple[int, int]] = []
    for ring in layout.rings:
        angle = rng.uniform(0, 2 * np.pi)
        x, y = ring.x + ring.radius * np.cos(angle), ring.y + ring.radius * np.sin(angle)
        lures.append((int(y), int(x)))
    small = cv2.resize(layout.metal, (size // OVERSAMPLING, size // OVERSAMPLING))
    corners = cv2.goodFeaturesToTrack(small, 60, 0.1, 10)
    if corners is not None:
        chosen = rng.permutation(corners[:, 0])[:4] * OVERSAMPLING
        lures += [(int(y), int(x)) for x, y in chosen]
    inside = [(y, x) for y, x in lures if 0 <= y < size and 0 <= x < size]
    return [inside[k] for k in rng.permutation(len(inside))[:8]]


def _add_defects(rng: Random, canvas: Canvas, layout: Layout) -> None:
    """Stamp a random mix; rarer and smaller things first, so that they are not covered."""
    side = canvas.image.shape[0]
    if chance(rng, 0.55):
        for _ in range(int(rng.integers(1, 4))):
            add_peeling(rng, canvas, layout)
    for _ in range(int(rng.integers(1, 4)) if chance(rng, 0.5) else 0):
        x, y = rng.uniform(0, side, 2)
        if not canvas.is_free(x, y, 50):
            continue
        stamp = add_blob if chance(rng, 0.6) else add_fibre
        stamp(rng, canvas, float(x), float(y))
    for _ in range(int(rng.integers(1, 9)) if chance(rng, 0.6) else 0):
        x, y = rng.uniform(0, side, 2)
        if canvas.is_free(x, y, 10):
            add_nodule(rng, canvas, float(x), float(y))
    for _ in range(int(rng.integers(1, 9)) if chance(rng, 0.7) else 0):
        x, y = rng.uniform(0, side, 2)
        size = log_uniform(rng, 2.5, 20.0)
        if canvas.is_free(x, y, size / 2 + 4):
            add_particle(rng, canvas, float(x), float(y), size)
    if chance(rng, 0.25):
        x, y = rng.uniform(0, side, 2)
        add_cluster(rng, canvas, float(x), float(y))

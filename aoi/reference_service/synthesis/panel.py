"""Whole panels for trying the product out: `python -m aoi.reference_service.synthesis.panel`."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from .arrays import Random, log_uniform
from .canvas import Canvas
from .layout import draw_layout
from .particles import add_blob, add_cluster, add_fibre, add_nodule, add_particle
from .peeling import add_peeling
from .rendering import choose_palette, render
from .tile import Tile, photograph

SAMPLES = Path("static/samples")
SIZE = 1792
_QUALITY = 88


@dataclass(frozen=True)
class Recipe:
    """How many defects of each kind a panel gets."""

    seed: int
    particles: int = 0
    clusters: int = 0
    peelings: int = 0
    nodules: int = 0
    blobs: int = 0
    fibres: int = 0


RECIPES = {
    "panel_clean": Recipe(seed=13),
    "panel_particles": Recipe(seed=7, particles=18, clusters=3, blobs=1),
    "panel_peeling": Recipe(seed=10, peelings=6, particles=4, nodules=2),
    "panel_mixed": Recipe(
        seed=4, particles=8, clusters=1, peelings=3, nodules=8, blobs=2, fibres=2
    ),
}


def make_panel(recipe: Recipe, size: int = SIZE) -> Tile:
    """Draw the panel of a recipe, `size` x `size` pixels."""
    rng = np.random.default_rng(recipe.seed)
    layout = draw_layout(rng, size)
    clean = render(rng, layout, choose_palette(rng))
    canvas = Canvas(clean.copy(), np.zeros((size, size), np.uint8))
    for _ in range(recipe.peelings):
        add_peeling(rng, canvas, layout)
    _scatter(rng, canvas, recipe.blobs, add_blob, 60)
    _scatter(rng, canvas, recipe.fibres, add_fibre, 60)
    _scatter(rng, canvas, recipe.nodules, add_nodule, 12)
    _scatter(rng, canvas, recipe.clusters, add_cluster, 60)
    _scatter(rng, canvas, recipe.particles, _add_any_particle, 14)
    return photograph(rng, clean, canvas, layout)


def write_samples(folder: Path, size: int = SIZE) -> None:
    """Write every recipe's panel as a JPEG."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, recipe in RECIPES.items():
        quality = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
        cv2.imwrite(str(folder / f"{name}.jpg"), make_panel(recipe, size).image, quality)


def _scatter(
    rng: Random,
    canvas: Canvas,
    count: int,
    stamp: Callable[[Random, Canvas, float, float], None],
    reach: float,
) -> None:
    for _ in range(count):
        x, y = (float(v) for v in rng.uniform(reach, canvas.image.shape[0] - reach, 2))
        if canvas.is_free(x, y, reach):
            stamp(rng, canvas, x, y)


def _add_any_particle(rng: Random, canvas: Canvas, x: float, y: float) -> None:
    add_particle(rng, canvas, x, y, log_uniform(rng, 3.5, 18))


if __name__ == "__main__":
    write_samples(SAMPLES)

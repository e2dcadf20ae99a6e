"""The generator draws the same tile from the same seed, with exact masks."""

from pathlib import Path

import numpy as np
import pytest

from aoi.reference_service.synthesis.arrays import Random
from aoi.reference_service.synthesis.canvas import Canvas, Defect, cover
from aoi.reference_service.synthesis.layout import draw_layout
from aoi.reference_service.synthesis.panel import Recipe, make_panel, write_samples
from aoi.reference_service.synthesis.particles import (
    add_blob,
    add_cluster,
    add_fibre,
    add_nodule,
    add_particle,
)
from aoi.reference_service.synthesis.peeling import add_peeling
from aoi.reference_service.synthesis.tile import make_tile


@pytest.fixture
def rng() -> Random:
    return np.random.default_rng(5)


@pytest.fixture
def canvas() -> Canvas:
    return Canvas(np.full((128, 128), 160, np.float32), np.zeros((128, 128), np.uint8))


def test_same_seed_draws_the_same_tile() -> None:
    first, second = make_tile(11, 256), make_tile(11, 256)

    assert np.array_equal(first.image, second.image)
    assert np.array_equal(first.mask, second.mask)


def test_other_seed_draws_another_tile() -> None:
    assert not np.array_equal(make_tile(11, 256).image, make_tile(12, 256).image)


def test_tiles_hold_all_four_classes() -> None:
    classes = {int(c) for seed in range(12) for c in np.unique(make_tile(seed).mask)}

    assert classes == {0, *Defect}


def test_clean_tile_holds_no_defect() -> None:
    tile = make_tile(3, 256, clean=True)

    assert not tile.mask.any()
    assert tile.image.std() > 0


def test_tile_is_a_grey_picture_of_the_size_asked_for() -> None:
    tile = make_tile(4, 320)

    assert tile.image.shape == tile.mask.shape == (320, 320)
    assert tile.image.dtype == tile.mask.dtype == np.uint8


@pytest.mark.parametrize("stamp", [add_blob, add_fibre, add_nodule, add_cluster])
def test_mask_lies_where_the_picture_changed(stamp, rng: Random, canvas: Canvas) -> None:
    stamp(rng, canvas, 64.0, 64.0)

    changed = canvas.image != 160
    assert canvas.mask.any()
    assert changed[canvas.mask > 0].mean() > 0.9


def test_particle_covers_the_size_asked_for(rng: Random, canvas: Canvas) -> None:
    for place in range(8):
        add_particle(rng, canvas, 16.0 + place * 12, 64.0, 8.0)

    area = np.count_nonzero(canvas.mask == Defect.PI_PARTICLE) / 8
    assert area == pytest.approx(np.pi * 16, rel=0.2)


def test_particle_over_the_border_is_cut(rng: Random, canvas: Canvas) -> None:
    add_particle(rng, canvas, -1.0, 127.0, 12.0)
    add_particle(rng, canvas, 400.0, 400.0, 12.0)

    assert canvas.mask[-4:, :4].any()
    assert not canvas.mask[:100].any()


def test_what_cannot_be_seen_is_not_marked(rng: Random) -> None:
    black = Canvas(np.full((64, 64), 3, np.float32), np.zeros((64, 64), np.uint8))

    add_particle(rng, black, 32.0, 32.0, 10.0)

    assert not black.mask.any()
    assert (black.image == 3).all()


def test_lures_lie_on_the_tile() -> None:
    lures = [place for seed in range(6) for place in make_tile(seed, 256).lures]

    assert lures
    assert all(0 <= y < 256 and 0 <= x < 256 for y, x in lures)


def test_panel_holds_what_its_recipe_names() -> None:
    panel = make_panel(Recipe(seed=2, nodules=6), 512)

    assert set(np.unique(panel.mask).tolist()) == {0, Defect.COPPER_NODULE}
    assert not make_panel(Recipe(seed=2), 512).mask.any()


def test_samples_are_written_by_name(tmp_path: Path) -> None:
    write_samples(tmp_path / "samples", 256)

    assert {p.name for p in (tmp_path / "samples").iterdir()} == {
        "panel_clean.jpg",
        "panel_mixed.jpg",
        "panel_particles.jpg",
        "panel_peeling.jpg",
    }


def test_peeling_follows_an_edge(rng: Random) -> None:
    layout = draw_layout(np.random.default_rng(3), 256)
    canvas = Canvas(np.full((256, 256), 160, np.float32), np.zeros((256, 256), np.uint8))

    assert add_peeling(rng, canvas, layout)

    assert np.count_nonzero(canvas.mask == Defect.PR_PEELING) > 60


def test_peeling_needs_an_edge(rng: Random, canvas: Canvas) -> None:
    layout = draw_layout(np.random.default_rng(3), 128)
    layout.metal[:], layout.rings = 0, []

    assert not add_peeling(rng, canvas, layout)
    assert not canvas.mask.any()


def test_coverage_is_the_polygons_area() -> None:
    square = np.array([[10.0, 10.0], [14.0, 10.0], [14.0, 14.0], [10.0, 14.0]])

    coverage, x0, y0 = cover(square)

    assert (x0, y0) == (7, 7)
    assert coverage.sum() == pytest.approx(16, rel=0.2)

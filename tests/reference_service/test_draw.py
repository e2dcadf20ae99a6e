"""Mask, overlay and combined picture, and the PNG they are written in."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from aoi.reference_service.draw import COLOURS, Drawing
from aoi.reference_service.measure import analyse
from aoi.reference_service.png import encode_png

GREY = 160


@pytest.fixture
def classes() -> NDArray[np.uint8]:
    classes = np.zeros((400, 500), np.uint8)
    for class_id in COLOURS:
        classes[300:320, 100 * class_id : 100 * class_id + 20] = class_id
    return classes


@pytest.fixture
def drawing(classes: NDArray[np.uint8]) -> Drawing:
    return Drawing(np.full(classes.shape, GREY, np.uint8), classes, analyse(classes))


def test_mask_has_one_colour_a_class_on_black(drawing: Drawing, classes) -> None:
    mask = _read(drawing.mask_png())

    assert mask.shape == (400, 500, 3)
    assert not mask[classes == 0].any()
    for class_id, colour in COLOURS.items():
        assert (mask[classes == class_id] == colour).all()


def test_overlay_draws_contours_and_text_over_the_input(drawing: Drawing, classes) -> None:
    overlay = _read(drawing.overlay_png())

    for class_id, colour in COLOURS.items():
        assert tuple(overlay[300, 100 * class_id + 10]) == colour
        assert (overlay[:120] == colour).all(axis=2).any()
        assert (overlay[310, 100 * class_id + 10] == GREY).all()


def test_overlay_names_only_what_was_found() -> None:
    nothing = np.zeros((300, 300), np.uint8)
    drawing = Drawing(np.full((300, 300), GREY, np.uint8), nothing, analyse(nothing))

    assert (_read(drawing.overlay_png()) == GREY).all()


def test_combined_is_input_and_overlay_side_by_side(drawing: Drawing) -> None:
    combined = _read(drawing.combined_png())

    assert combined.shape == (400, 1000, 3)
    assert (combined[:, :500] == GREY).all()
    assert np.array_equal(combined[:, 500:], _read(drawing.overlay_png()))


def test_colour_input_keeps_its_colours() -> None:
    blue = np.zeros((8, 8, 3), np.uint8)
    blue[:, :, 0] = 200
    nothing = np.zeros((8, 8), np.uint8)

    overlay = _read(Drawing(blue, nothing, analyse(nothing)).overlay_png())

    assert (overlay == (0, 0, 200)).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (900, 1), (37, 53), (1500, 2000)])
def test_png_gives_back_every_pixel(shape: tuple[int, int]) -> None:
    picture = np.random.default_rng(1).integers(0, 256, (*shape, 3), np.uint8)

    data = encode_png(shape[1], shape[0], lambda top, bottom: picture[top:bottom])

    assert np.array_equal(_read(data), picture)


def _read(data: bytes) -> NDArray[np.uint8]:
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)

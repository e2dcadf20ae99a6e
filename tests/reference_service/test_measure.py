"""Regions are measured to the last digit as the plant's service measures them."""

import json
import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from aoi.reference_service.draw import COLOURS
from aoi.reference_service.measure import analyse, measure_regions

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "reference"


def test_recorded_mask_gives_the_recorded_analysis() -> None:
    if not REFERENCE.is_dir():
        pytest.skip("the recorded answer is not beside the repository")
    picture = cv2.cvtColor(cv2.imread(str(REFERENCE / "mask.png")), cv2.COLOR_BGR2RGB)
    classes = np.zeros(picture.shape[:2], np.uint8)
    for class_id, colour in COLOURS.items():
        classes[(picture == colour).all(axis=2)] = class_id
    recorded = json.loads((REFERENCE / "analysis.json").read_text())
    del recorded["performance"]

    assert analyse(classes) == recorded


def test_one_pixel_has_no_area_and_axes_of_one() -> None:
    (region,) = _measure([(5, 7)])

    assert region == {
        "region_id": 1,
        "centroid": {"x": 7.0, "y": 5.0},
        "bounding_box": {"x": 7, "y": 5, "width": 1, "height": 1},
        "area_pixels": 0,
        "perimeter": 0.0,
        "major_axis": 1.0,
        "minor_axis": 1.0,
        "circularity": 0.0,
        "aspect_ratio": 1.0,
    }


def test_pixels_that_touch_at_a_corner_are_one_region() -> None:
    (region,) = _measure([(2, 2), (3, 3), (4, 4)])

    assert region["centroid"] == {"x": 3.0, "y": 3.0}


def test_pixels_apart_are_regions_in_raster_order() -> None:
    regions = _measure([(9, 1), (1, 9)])

    assert [r["region_id"] for r in regions] == [1, 2]
    assert [r["bounding_box"]["y"] for r in regions] == [1, 9]


def test_square_of_four_corners_has_axes_of_one() -> None:
    (region,) = _measure([(y, x) for y in range(3, 8) for x in range(3, 8)])

    assert region["area_pixels"] == 16  # of the contour through the pixels' centres
    assert region["perimeter"] == 16.0
    assert region["circularity"] == pytest.approx(math.pi / 4)
    assert (region["major_axis"], region["minor_axis"]) == (1.0, 1.0)


def test_disc_has_the_axes_of_its_ellipse() -> None:
    binary = np.zeros((40, 60), np.uint8)
    cv2.ellipse(binary, (30, 20), (20, 10), 0, 0, 360, 1, -1)

    (region,) = measure_regions(binary)

    assert region["major_axis"] == pytest.approx(40, abs=0.8)
    assert region["minor_axis"] == pytest.approx(20, abs=0.8)
    assert region["aspect_ratio"] == region["major_axis"] / region["minor_axis"]


def test_hole_counts_for_the_contour_but_not_for_the_centroid() -> None:
    pixels = [(y, x) for y in range(9) for x in range(9) if (y, x) != (1, 4)]

    (region,) = _measure(pixels)

    assert region["area_pixels"] == 64
    assert region["centroid"]["y"] > 4.0


def test_class_without_regions_is_present_with_zeros() -> None:
    analysis = analyse(np.zeros((4, 6), np.uint8))

    assert analysis["image_shape"] == {"height": 4, "width": 6}
    assert analysis["classes"]["3_Copper_Nodule"] == {
        "class_id": 3,
        "total_regions": 0,
        "total_area_pixels": 0,
        "regions": [],
    }


def test_total_area_is_the_sum_of_the_regions() -> None:
    classes = np.zeros((30, 30), np.uint8)
    classes[2:6, 2:6] = 4
    classes[10:20, 10:20] = 4

    found = analyse(classes)["classes"]["4_Env_Particle"]

    assert found["total_regions"] == 2
    assert found["total_area_pixels"] == 9 + 81


def _measure(pixels: list[tuple[int, int]]) -> list[dict[str, Any]]:
    binary = np.zeros((12, 12), np.uint8)
    for y, x in pixels:
        binary[y, x] = 1
    return measure_regions(binary)

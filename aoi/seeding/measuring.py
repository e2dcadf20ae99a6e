"""Measure the regions of a class map as SegFormer's contract tells, for the pictures drawn here."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aoi.seeding.defects import NAMES

ClassMap = NDArray[np.uint8]
# Of fewer points no ellipse can be told.
ELLIPSE_POINTS = 5


def analyse(classes: ClassMap) -> dict[str, Any]:
    """Return the `analysis_results` of a class map (h, w), but for its `performance`."""
    height, width = classes.shape
    found: dict[str, Any] = {}
    for number, name in enumerate(NAMES, 1):
        regions = _regions((classes == number).astype(np.uint8))
        found[f"{number}_{name}"] = {
            "class_id": number,
            "total_regions": len(regions),
            "total_area_pixels": sum(region["area_pixels"] for region in regions),
            "regions": regions,
        }
    return {"image_shape": {"height": height, "width": width}, "classes": found}


def _regions(plane: NDArray[np.uint8]) -> list[dict[str, Any]]:
    import cv2

    count, labels, boxes, centroids = cv2.connectedComponentsWithStats(plane, connectivity=8)
    regions = []
    for label in range(1, count):
        x, y, width, height, _ = (int(value) for value in boxes[label])
        alone = (labels[y : y + height, x : x + width] == label).astype(np.uint8)
        [contour, *_], _ = cv2.findContours(
            alone, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE, offset=(x, y)
        )
        regions.append(
            {
                "region_id": label,
                "centroid": {"x": float(centroids[label, 0]), "y": float(centroids[label, 1])},
                "bounding_box": {"x": x, "y": y, "width": width, "height": height},
                **_shape(contour),
            }
        )
    return regions


def _shape(contour: NDArray[np.int32]) -> dict[str, Any]:
    import cv2

    area, perimeter = cv2.contourArea(contour), cv2.arcLength(contour, True)
    minor = major = 1.0
    if len(contour) >= ELLIPSE_POINTS:
        minor, major = sorted(cv2.fitEllipse(contour)[1])
    return {
        "area_pixels": int(area),
        "perimeter": perimeter,
        "major_axis": major,
        "minor_axis": minor,
        "circularity": 4 * math.pi * area / perimeter**2 if perimeter else 0.0,
        "aspect_ratio": major / minor if minor else 0.0,
    }

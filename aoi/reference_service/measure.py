"""Regions of a class map, measured as the wire contract tells."""

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

CLASS_NAMES = {1: "PI_Particle", 2: "PR_Peeling", 3: "Copper_Nodule", 4: "Env_Particle"}
_FEWEST_POINTS_OF_AN_ELLIPSE = 5


def analyse(classes: NDArray[np.uint8]) -> dict[str, Any]:
    """Return image shape and, per class, its measured regions for a class map (h, w)."""
    height, width = classes.shape
    return {
        "image_shape": {"height": height, "width": width},
        "classes": {f"{k}_{name}": _class(classes, k) for k, name in CLASS_NAMES.items()},
    }


def _class(classes: NDArray[np.uint8], class_id: int) -> dict[str, Any]:
    regions = measure_regions((classes == class_id).astype(np.uint8))
    return {
        "class_id": class_id,
        "total_regions": len(regions),
        "total_area_pixels": sum(region["area_pixels"] for region in regions),
        "regions": regions,
    }


def measure_regions(binary: NDArray[np.uint8]) -> list[dict[str, Any]]:
    """Measure the 8-connected regions of a binary mask (h, w), in raster order."""
    left, top, width, height = cv2.boundingRect(binary)
    if not width:
        return []
    # Labels take four bytes a pixel: only where the class is, not in the whole of a large image.
    part = np.ascontiguousarray(binary[top : top + height, left : left + width])
    count, labels, stats, centroids = cv2.connectedComponentsWithStats(part, connectivity=8)
    regions = []
    for label in range(1, count):
        x, y, wide, tall, pixels = (int(v) for v in stats[label])
        window = labels[y : y + tall, x : x + wide] == label
        corner = x + left, y + top
        regions.append(
            {
                "region_id": label,
                "centroid": {
                    "x": _mean(float(centroids[label, 0]), pixels, left),
                    "y": _mean(float(centroids[label, 1]), pixels, top),
                },
                "bounding_box": {"x": corner[0], "y": corner[1], "width": wide, "height": tall},
                **_shape(window, corner),
            }
        )
    return regions


def _mean(local: float, pixels: int, offset: int) -> float:
    """Move a mean by an offset exactly: adding to the quotient would lose its last digit."""
    return (round(local * pixels) + offset * pixels) / pixels


def _shape(region: NDArray[np.bool_], corner: tuple[int, int]) -> dict[str, Any]:
    """Measure the external contour of the one region in a window at `corner` (x, y)."""
    # The offset keeps the contour in image coordinates: fitEllipse rounds by its points' size.
    contours, _ = cv2.findContours(
        region.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE, offset=corner
    )
    contour = contours[0]
    area = float(cv2.contourArea(contour))
    perimeter = float(cv2.arcLength(contour, True))
    major, minor = _axes(contour)
    return {
        "area_pixels": int(area),
        "perimeter": perimeter,
        "major_axis": major,
        "minor_axis": minor,
        "circularity": 4 * math.pi * area / (perimeter * perimeter) if perimeter else 0.0,
        "aspect_ratio": major / minor if minor else 0.0,
    }


def _axes(contour: NDArray[Any]) -> tuple[float, float]:
    if len(contour) < _FEWEST_POINTS_OF_AN_ELLIPSE:
        return 1.0, 1.0
    _, axes, _ = cv2.fitEllipse(contour)
    return float(max(axes)), float(min(axes))

"""The rows of a chunk of keys, in the keys' order, each chunk in a transaction of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, TextClause, text

from aoi.extensions import db

Rows = Sequence[Row[Any]]

# Images that are gone or wait to be inspected again have no row in `images`.
IMAGES = text(
    """
    SELECT img_unique_id, timestamp, image_height, image_width, images.processing_time_seconds,
           total_defects, CAST(defect_classes AS text) AS defect_classes, original_filename,
           batch_id, images.input_image_path, model_version
      FROM images JOIN uploads USING (img_unique_id)
     WHERE img_unique_id = ANY(:ids)
    """
)
# Joined, a thousand regions had PostgreSQL read the whole of `classes` and `images`; by key, a
# chunk costs the same however large the tables are.
REGIONS = text(
    """
    SELECT region_unique_id, region_id, centroid_x, centroid_y,
           bbox_x, bbox_y, bbox_width, bbox_height, area_pixels, perimeter,
           major_axis, minor_axis, circularity, aspect_ratio, class_unique_id, img_unique_id
      FROM regions
     WHERE region_unique_id = ANY(:ids)
    """
)
CLASSES = text(
    """
    SELECT class_unique_id, class_id, class_name FROM classes WHERE class_unique_id = ANY(:ids)
    """
)
TIMES = text("SELECT img_unique_id, timestamp FROM images WHERE img_unique_id = ANY(:ids)")
REGIONS_OF_IMAGES = text(
    """
    SELECT img_unique_id, class_unique_id, region_unique_id,
           bbox_x, bbox_y, bbox_width, bbox_height, area_pixels
      FROM regions
     WHERE img_unique_id = ANY(:ids)
     ORDER BY class_unique_id, region_id
    """
)
NAMES_OF_IMAGES = text(
    """
    SELECT class_unique_id, class_id, class_name FROM classes WHERE img_unique_id = ANY(:ids)
    """
)
CLASSES_OF_IMAGES = text(
    """
    SELECT DISTINCT class_id, class_name FROM classes WHERE img_unique_id = ANY(:ids)
     ORDER BY class_id, class_name
    """
)


def image_rows(ids: list[str]) -> Rows:
    return _in_order(IMAGES, ids)


def region_rows(ids: list[str]) -> list[tuple[Any, ...]]:
    """Return the regions with class id, class name, image id and the image's time at the end."""
    regions = [tuple(row) for row in _in_order(REGIONS, ids)]
    classes = {row[0]: row[1:] for row in _fetch(CLASSES, list({row[-2] for row in regions}))}
    times = dict(map(tuple, _fetch(TIMES, list({row[-1] for row in regions}))))
    return [
        (*measures, *classes[of_class], of_image, times[of_image])
        for *measures, of_class, of_image in regions
        # Deleted between the queries.
        if of_class in classes and of_image in times
    ]


@dataclass(frozen=True)
class FoundRegion:
    """What COCO tells of a region; `box` is x, y, width, height."""

    region_unique_id: str
    class_id: int
    class_name: str
    box: tuple[int, int, int, int]
    area_pixels: int


def regions_of_images(ids: list[str]) -> dict[str, list[FoundRegion]]:
    """Return the regions of each image that has any, by class and number."""
    classes = {
        key: (number, name) for key, number, name in map(tuple, _fetch(NAMES_OF_IMAGES, ids))
    }
    found: dict[str, list[FoundRegion]] = {}
    for row in _fetch(REGIONS_OF_IMAGES, ids):
        of_image, of_class, key, x, y, width, height, area = tuple(row)
        if of_class in classes:
            class_id, name = classes[of_class]
            region = FoundRegion(key, class_id, name, (x, y, width, height), area)
            found.setdefault(of_image, []).append(region)
    return found


def classes_of_images(ids: list[str]) -> Rows:
    """Return the classes that the images' model knows, those without regions included."""
    return _fetch(CLASSES_OF_IMAGES, ids)


def _in_order(query: TextClause, ids: list[str]) -> Rows:
    found = {row[0]: row for row in _fetch(query, ids)}
    return [found[key] for key in ids if key in found]


def _fetch(query: TextClause, ids: list[str]) -> Rows:
    try:
        return db.session.execute(query, {"ids": ids}).all()
    finally:
        # The client may read slowly: nothing of the pool is held meanwhile.
        db.session.close()

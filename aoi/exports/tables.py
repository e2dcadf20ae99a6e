"""Images and regions as CSV; the columns are the contract's fields, nested ones in full."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any

from aoi.exports.rows import Rows, image_rows, region_rows
from aoi.exports.selecting import Chunks
from aoi.spreadsheet import BOM, csv_lines
from aoi.times import utc_text

IMAGE_COLUMNS = (
    "img_unique_id",
    "timestamp",
    "image_height",
    "image_width",
    "processing_time_seconds",
    "total_defects",
    "defect_classes",
    "original_filename",
    "batch_id",
    "input_image_path",
    "model_version",
    "thumbnail_url",
)
REGION_COLUMNS = (
    "region_unique_id",
    "region_id",
    "centroid_x",
    "centroid_y",
    "bounding_box_x",
    "bounding_box_y",
    "bounding_box_width",
    "bounding_box_height",
    "area_pixels",
    "perimeter",
    "major_axis",
    "minor_axis",
    "circularity",
    "aspect_ratio",
    "class_id",
    "class_name",
    "img_unique_id",
    "timestamp",
)
Line = list[Any]


def images_csv(chunks: Chunks, thumbnail_link: Callable[[str], str]) -> Iterator[bytes]:
    """Yield the images as CSV, a piece a chunk."""

    def lines(rows: Rows) -> Iterator[Line]:
        for row in rows:
            unique_id, timestamp, *values = tuple(row)
            yield [unique_id, _moment(timestamp), *values, thumbnail_link(unique_id)]

    yield BOM + csv_lines([IMAGE_COLUMNS])
    for ids in chunks:
        yield csv_lines(lines(image_rows(ids)))


def defects_csv(chunks: Chunks) -> Iterator[bytes]:
    """Yield the regions as CSV, a piece a chunk."""

    def lines(rows: list[tuple[Any, ...]]) -> Iterator[Line]:
        for *values, timestamp in rows:
            yield [*values, _moment(timestamp)]

    yield BOM + csv_lines([REGION_COLUMNS])
    for ids in chunks:
        yield csv_lines(lines(region_rows(ids)))


@lru_cache(maxsize=64)  # an image's regions follow each other
def _moment(moment: datetime) -> str:
    return utc_text(moment)

"""Turn SegFormer's answer into rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson
from sqlalchemy import func, text

from aoi.extensions import db
from aoi.models import Status, Upload
from aoi.segformer.client import Answer
from aoi.storage import Storage
from aoi.waiting import notify_ended

Row = dict[str, str | int | float]

# One statement for all three tables: a list of parameters a region took ten times as long.
INSERT_RESULT = text(
    """
    WITH image AS (
        INSERT INTO images (img_unique_id, image_height, image_width, processing_time_seconds,
                            timestamp, input_image_path, result_image_1_path,
                            result_image_2_path, result_image_3_path)
        VALUES (:img_unique_id, :image_height, :image_width, :processing_time_seconds,
                :timestamp, :input_image_path, :combined, :mask, :overlay)
    ), of_image AS (
        INSERT INTO classes (class_unique_id, img_unique_id, class_id, class_name,
                             total_regions, total_area_pixels)
        SELECT class_unique_id, img_unique_id, class_id, class_name,
               total_regions, total_area_pixels
          FROM json_populate_recordset(CAST(NULL AS classes), CAST(:classes AS json))
    )
    INSERT INTO regions (region_unique_id, class_unique_id, img_unique_id, region_id,
                         centroid_x, centroid_y, bbox_x, bbox_y, bbox_width, bbox_height,
                         area_pixels, perimeter, major_axis, minor_axis, circularity,
                         aspect_ratio)
    SELECT region_unique_id, class_unique_id, img_unique_id, region_id,
           centroid_x, centroid_y, bbox_x, bbox_y, bbox_width, bbox_height,
           area_pixels, perimeter, major_axis, minor_axis, circularity, aspect_ratio
      FROM json_populate_recordset(CAST(NULL AS regions), CAST(:regions AS json))
    """
)


def add_rows(upload: Upload, answer: Answer, storage: Storage) -> None:
    """Add the rows of an answer to the transaction in which `upload` is locked."""
    unique_id, analysis = upload.img_unique_id, answer.analysis
    classes, regions = _rows(unique_id, answer)
    db.session.execute(
        INSERT_RESULT,
        {
            "img_unique_id": unique_id,
            "image_height": analysis.height,
            "image_width": analysis.width,
            "processing_time_seconds": answer.analysis.processing_time_seconds,
            "timestamp": upload.created_at,
            "input_image_path": upload.input_image_path,
            "combined": storage.result_path(unique_id, "combined"),
            "mask": storage.result_path(unique_id, "mask"),
            "overlay": storage.result_path(unique_id, "overlay"),
            "classes": orjson.dumps(classes).decode(),
            "regions": orjson.dumps(regions).decode(),
        },
    )


def mark_done(upload: Upload, answer: Answer, model_version: str | None) -> None:
    """End an upload as done; the roll-ups follow by the trigger on `uploads`.

    Commit next: from here on all other results wait for this transaction.
    """
    upload.status = Status.DONE
    upload.error = upload.error_code = None
    upload.interruptions = upload.postponements = 0
    upload.model_version = model_version
    upload.processing_time_seconds = answer.analysis.processing_time_seconds
    upload.updated_at = func.now()
    set_counts(
        upload,
        [
            ClassTotal(each.class_id, each.class_name, each.total_regions, each.total_area_pixels)
            for each in answer.analysis.classes
        ],
    )
    notify_ended(upload)


class ClassTotal(NamedTuple):
    """What one class has in one image."""

    class_id: int
    class_name: str
    regions: int
    area_pixels: int


def set_counts(upload: Upload, totals: Sequence[ClassTotal]) -> None:
    """Repeat on the upload what `classes` tells."""
    upload.total_defects, upload.defect_classes, upload.class_totals = counts(totals)


def counts(totals: Sequence[ClassTotal]) -> tuple[int, dict[str, int], list[dict[str, Any]]]:
    """Return an upload's total_defects, defect_classes and class_totals."""
    # Counted up, as a model may give two classes one name.
    defects: Counter[str] = Counter()
    for each in totals:
        if each.regions:
            defects[each.class_name] += each.regions
    return sum(defects.values()), dict(defects), [each._asdict() for each in totals]


def _rows(unique_id: str, answer: Answer) -> tuple[list[Row], list[Row]]:
    classes: list[Row] = []
    regions: list[Row] = []
    for found in answer.analysis.classes:
        class_unique_id = f"{unique_id}_{found.class_id}"
        classes.append(
            {
                "class_unique_id": class_unique_id,
                "img_unique_id": unique_id,
                "class_id": found.class_id,
                "class_name": found.class_name,
                "total_regions": found.total_regions,
                "total_area_pixels": found.total_area_pixels,
            }
        )
        regions.extend(
            {
                "region_unique_id": f"{class_unique_id}_{region.region_id}",
                "class_unique_id": class_unique_id,
                "img_unique_id": unique_id,
                "region_id": region.region_id,
                "centroid_x": region.centroid_x,
                "centroid_y": region.centroid_y,
                "bbox_x": region.bbox_x,
                "bbox_y": region.bbox_y,
                "bbox_width": region.bbox_width,
                "bbox_height": region.bbox_height,
                "area_pixels": region.area_pixels,
                "perimeter": region.perimeter,
                "major_axis": region.major_axis,
                "minor_axis": region.minor_axis,
                "circularity": region.circularity,
                "aspect_ratio": region.aspect_ratio,
            }
            for region in found.regions
        )
    return classes, regions

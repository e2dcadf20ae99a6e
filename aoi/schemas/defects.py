"""Regions across images."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate, validates_schema

from aoi.schemas.common import (
    BIGGEST_INT,
    EXAMPLE_BATCH_ID,
    EXAMPLE_ID,
    EXAMPLE_TIME,
    DateRangeQuery,
    PageAnswer,
    PageQuery,
    check_range,
    described,
    name_filter,
)
from aoi.schemas.fields import UtcDateTime
from aoi.schemas.images import RegionRecord

RANGES = ("area", "circularity", "aspect_ratio")


def _area(description: str, example: int) -> fields.Integer:
    return fields.Integer(
        validate=validate.Range(0, BIGGEST_INT), metadata=described(description, example)
    )


def _ratio(description: str, example: float) -> fields.Float:
    return fields.Float(validate=validate.Range(0), metadata=described(description, example))


class DefectFilters(DateRangeQuery):
    """Which regions are meant."""

    class_name = name_filter("of this class", "PR_Peeling")
    batch_id = name_filter("in images of this batch", EXAMPLE_BATCH_ID)
    img_unique_id = name_filter("in this image", EXAMPLE_ID)
    min_area = _area("at least this area, square pixels", 500)
    max_area = _area("at most this area, square pixels", 5000)
    min_circularity = _ratio("at least this circularity", 0.1)
    max_circularity = _ratio("at most this circularity", 0.9)
    min_aspect_ratio = _ratio("at least this aspect ratio", 1.0)
    max_aspect_ratio = _ratio("at most this aspect ratio", 5.0)

    @validates_schema
    def check_ranges(self, data: dict[str, Any], **_: Any) -> None:
        for name in RANGES:
            check_range(data, f"min_{name}", f"max_{name}")


class DefectsQuery(DefectFilters, PageQuery):
    """Which regions, and which page of them."""


class DefectRecord(RegionRecord):
    """One region with the image and class it is of."""

    class_id = fields.Integer(required=True, metadata=described("number of the class", 1))
    class_name = fields.String(required=True, metadata=described("its name", "PI_Particle"))
    img_unique_id = fields.String(required=True, metadata=described("the image's id", EXAMPLE_ID))
    timestamp = UtcDateTime(
        required=True, metadata=described("when the image came in, UTC", EXAMPLE_TIME)
    )


class DefectsPage(PageAnswer):
    defects = fields.List(
        fields.Nested(DefectRecord), required=True, metadata=described("regions, of this page")
    )

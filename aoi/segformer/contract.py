"""The marshmallow schema of SegFormer's answer to POST /upload.

Unknown keys are kept out of the way, never refused: a newer model may send more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from marshmallow import INCLUDE, Schema, ValidationError, fields, post_load, validates_schema

from aoi.segformer.analysis import Analysis, ClassResult, Region
from aoi.segformer.complaint import excerpt
from aoi.segformer.values import INT4_MAX, MEASURE_MAX, Measure, Png, Whole

CLASS_NAME_MAX = 100
WRONG_REGIONS_MAX = 10  # of a class; the others are not looked at
_CLASS_KEY = re.compile(r"(0|[1-9][0-9]{0,9})_(.+)", re.DOTALL)


class _Part(Schema):
    class Meta:
        unknown = INCLUDE

    error_messages = {"type": "must be an object"}  # noqa: RUF012


class Point(_Part):
    x = Measure()
    y = Measure()


class Box(_Part):
    x = Whole()
    y = Whole()
    width = Whole()
    height = Whole()


class Shape(_Part):
    height = Whole(least=1)
    width = Whole(least=1)


class Performance(_Part):
    processing_time_seconds = Measure()
    timestamp = fields.String(required=True)


class RegionSchema(_Part):
    region_id = Whole(least=1)
    centroid = fields.Nested(Point, required=True)
    bounding_box = fields.Nested(Box, required=True)
    area_pixels = Whole()
    perimeter = Measure()
    major_axis = Measure()
    minor_axis = Measure()
    circularity = Measure()
    aspect_ratio = Measure()

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Region:
        return region_of(data)


def region_of(item: Mapping[str, Any]) -> Region:
    """Flatten one region of the answer; KeyError or TypeError where a part is missing."""
    centroid, box = item["centroid"], item["bounding_box"]
    return Region(
        item["region_id"],
        centroid["x"],
        centroid["y"],
        box["x"],
        box["y"],
        box["width"],
        box["height"],
        item["area_pixels"],
        item["perimeter"],
        item["major_axis"],
        item["minor_axis"],
        item["circularity"],
        item["aspect_ratio"],
    )


def plain_region(item: Any) -> Region | None:
    """Return a region that is right beyond doubt, None for RegionSchema to judge.

    It takes a twentieth of the schema's time, and an answer may hold ten thousand.
    """
    try:
        region = region_of(item)
    except (KeyError, TypeError):
        return None
    number, cx, cy, x, y, width, height, area, *measures = region
    for whole in (number, x, y, width, height, area):
        if type(whole) is not int or not 0 <= whole <= INT4_MAX:
            return None
    for measure in (cx, cy, *measures):
        if type(measure) is not float or not 0 <= measure <= MEASURE_MAX:
            return None
    return region if number else None


class Regions(fields.Field[list[Region]]):
    """The regions of one class; any that is not plainly right is judged by RegionSchema."""

    _schema = RegionSchema()

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> list[Region]:
        if not isinstance(value, list):
            raise ValidationError("must be a list")
        regions: list[Region] = []
        wrong: dict[str, Any] = {}
        for index, item in enumerate(value):
            region = plain_region(item)
            if region is None:
                try:
                    region = self._schema.load(item)
                except ValidationError as err:
                    wrong[f"[{index}]"] = err.messages
                    if len(wrong) == WRONG_REGIONS_MAX:
                        break
                    continue
            regions.append(region)
        if wrong:
            raise ValidationError(wrong)
        if len({region.region_id for region in regions}) != len(regions):
            raise ValidationError("two regions have the same region_id")
        return regions


class ClassSchema(_Part):
    class_id = Whole()
    total_regions = Whole()
    total_area_pixels = Whole()
    regions = Regions(required=True)

    @validates_schema
    def counts_agree(self, data: dict[str, Any], **_: Any) -> None:
        listed = len(data["regions"])
        if data["total_regions"] != listed:
            raise ValidationError(
                f"is {data['total_regions']}, but {listed} regions are listed", "total_regions"
            )


class Classes(fields.Field[list[ClassResult]]):
    """The classes under their keys `<class_id>_<class_name>`, whatever classes the model has."""

    _schema = ClassSchema()

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> list[ClassResult]:
        if not isinstance(value, dict):
            raise ValidationError("must be an object")
        results: list[ClassResult] = []
        wrong: dict[str, Any] = {}
        for key, item in value.items():
            try:
                results.append(self._class(key, item))
            except ValidationError as err:
                wrong[excerpt(key)] = err.messages
        if wrong:
            raise ValidationError(wrong)
        # Keys are unique and hold the id in its one spelling, so only equal ids are left to find.
        ids = [result.class_id for result in results]
        if len(set(ids)) != len(ids):
            raise ValidationError("two classes have the same class_id")
        return results

    def _class(self, key: str, item: Any) -> ClassResult:
        match = _CLASS_KEY.fullmatch(key)
        if match is None:
            raise ValidationError("the key must be <class_id>_<class_name>")
        name = match[2]
        # PostgreSQL holds no NUL, UTF-8 no lone surrogate; a name is shown to people anyway.
        if not name.isprintable():
            raise ValidationError("the class name must be printable text")
        if len(name) > CLASS_NAME_MAX:
            raise ValidationError(f"the class name is over {CLASS_NAME_MAX} characters")
        data = self._schema.load(item)
        if data["class_id"] != int(match[1]):
            raise ValidationError({"class_id": [f"is {data['class_id']}, the key says {match[1]}"]})
        return ClassResult(
            class_id=data["class_id"],
            class_name=name,
            total_regions=data["total_regions"],
            total_area_pixels=data["total_area_pixels"],
            regions=data["regions"],
        )


class AnalysisSchema(_Part):
    """`analysis_results`: what was found and measured."""

    image_shape = fields.Nested(Shape, required=True)
    classes = Classes(required=True)
    performance = fields.Nested(Performance, required=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Analysis:
        return Analysis(
            height=data["image_shape"]["height"],
            width=data["image_shape"]["width"],
            classes=data["classes"],
            processing_time_seconds=data["performance"]["processing_time_seconds"],
        )


def _true(value: Any) -> None:
    # 1 and 1.0 equal True in Python, and not in JSON.
    if value is not True:
        raise ValidationError("must be true")


class AnswerSchema(_Part):
    """The whole answer, its pictures already decoded from base64."""

    success = fields.Raw(required=True, validate=_true)
    combined_image = Png(required=True)
    mask_image = Png(required=True)
    overlay_image = Png(required=True)
    total_defects = Whole()
    processing_time = Measure()
    analysis_results = fields.Nested(AnalysisSchema, required=True)

    @validates_schema
    def totals_agree(self, data: dict[str, Any], **_: Any) -> None:
        found = data["analysis_results"].total_defects
        if data["total_defects"] != found:
            raise ValidationError(
                f"is {data['total_defects']}, but the classes have {found} regions",
                "total_defects",
            )

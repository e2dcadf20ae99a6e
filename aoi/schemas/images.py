"""Inspected images, their classes and regions."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate, validates_schema

from aoi.schemas.common import (
    BIGGEST_INT,
    EXAMPLE_BATCH_ID,
    EXAMPLE_ID,
    EXAMPLE_TIME,
    DateRangeQuery,
    PageAnswer,
    PageQuery,
    Query,
    check_range,
    count_by_class,
    described,
    name_filter,
)
from aoi.schemas.fields import Text, UtcDateTime
from aoi.schemas.uploads import BASE, EXAMPLE_IMAGES

ORDERS = ("-timestamp", "timestamp", "-total_defects", "total_defects")
FOLDER = f"results/20260225/{EXAMPLE_ID}/{EXAMPLE_ID}"


class ImagesQuery(PageQuery, DateRangeQuery):
    class_name = fields.List(
        Text(),
        metadata=described(
            "has at least one region of this class; repeat for any of several", ["PR_Peeling"]
        ),
    )
    batch_id = name_filter("of this batch", EXAMPLE_BATCH_ID)
    min_defects = fields.Integer(
        validate=validate.Range(0, BIGGEST_INT), metadata=described("at least so many regions", 1)
    )
    max_defects = fields.Integer(
        validate=validate.Range(0, BIGGEST_INT), metadata=described("at most so many regions", 500)
    )
    filename = name_filter("part of the original name, in any case", "panel")
    order = fields.String(
        load_default="-timestamp",
        validate=validate.OneOf(ORDERS),
        metadata=described(
            "newest first, oldest first, most defects first, or fewest first", "-timestamp"
        ),
    )

    @validates_schema
    def check_defects(self, data: dict[str, Any], **_: Any) -> None:
        check_range(data, "min_defects", "max_defects")


class ImageSummary(Schema):
    """An inspected image."""

    img_unique_id = fields.String(required=True, metadata=described("the image's id", EXAMPLE_ID))
    timestamp = UtcDateTime(required=True, metadata=described("when it came in, UTC", EXAMPLE_TIME))
    image_height = fields.Integer(required=True, metadata=described("height in pixels", 1792))
    image_width = fields.Integer(required=True, metadata=described("width in pixels", 1792))
    processing_time_seconds = fields.Float(
        required=True, metadata=described("what the inspection took SegFormer, in seconds", 0.6743)
    )
    total_defects = fields.Integer(required=True, metadata=described("regions of all classes", 7))
    defect_classes = count_by_class("regions by class; only classes with regions")
    original_filename = fields.String(
        required=True, metadata=described("the name it came under", "panel.png")
    )
    batch_id = fields.String(
        required=True, allow_none=True, metadata=described("the batch it is of", EXAMPLE_BATCH_ID)
    )
    input_image_path = fields.String(
        required=True,
        metadata=described(
            "where the input is, relative to the data folder",
            f"uploads/20260225/{EXAMPLE_ID}_panel.png",
        ),
    )
    thumbnail_url = fields.Url(
        require_tld=False,
        required=True,
        metadata=described(
            "a small picture of it", f"{BASE}/download/image/{EXAMPLE_ID}/thumbnail?inline=1"
        ),
    )


class ImagesPage(PageAnswer):
    images = fields.List(
        fields.Nested(ImageSummary), required=True, metadata=described("images of this page")
    )


class ImageDetail(ImageSummary):
    """An inspected image with all that is known of it."""

    result_image_1_path = fields.String(
        required=True,
        allow_none=True,
        metadata=described("the combined picture", f"{FOLDER}_combined.png"),
    )
    result_image_2_path = fields.String(
        required=True, allow_none=True, metadata=described("the mask", f"{FOLDER}_mask.png")
    )
    result_image_3_path = fields.String(
        required=True, allow_none=True, metadata=described("the overlay", f"{FOLDER}_overlay.png")
    )
    model_version = fields.String(
        required=True,
        allow_none=True,
        metadata=described("the model that inspected it, if the service told", "SegFormer"),
    )
    images = fields.Dict(
        keys=fields.String(),
        values=fields.Url(require_tld=False),
        required=True,
        metadata=described("addresses of the pictures", EXAMPLE_IMAGES),
    )
    json_url = fields.Url(
        require_tld=False,
        required=True,
        metadata=described("address of the analysis", f"{BASE}/download/json/{EXAMPLE_ID}"),
    )
    created_at = UtcDateTime(
        required=True, metadata=described("when its result was stored, UTC", EXAMPLE_TIME)
    )


class Point(Schema):
    x = fields.Float(required=True, metadata=described("pixels from the left edge", 1679.507))
    y = fields.Float(required=True, metadata=described("pixels from the top edge", 1511.366))


class Box(Schema):
    x = fields.Integer(required=True, metadata=described("left edge, pixels", 1674))
    y = fields.Integer(required=True, metadata=described("top edge, pixels", 1506))
    width = fields.Integer(required=True, metadata=described("pixels", 12))
    height = fields.Integer(required=True, metadata=described("pixels", 12))


class RegionRecord(Schema):
    """One region, as SegFormer measured it."""

    region_unique_id = fields.String(
        required=True, metadata=described("the region's id", f"{EXAMPLE_ID}_1_2")
    )
    region_id = fields.Integer(
        required=True, metadata=described("its number within image and class, from 1", 2)
    )
    centroid = fields.Nested(Point, required=True, metadata=described("mean of its pixels"))
    bounding_box = fields.Nested(Box, required=True, metadata=described("box around it"))
    area_pixels = fields.Integer(
        required=True, metadata=described("area within its contour, square pixels", 114)
    )
    perimeter = fields.Float(
        required=True, metadata=described("length of its contour, pixels", 40.485)
    )
    major_axis = fields.Float(
        required=True, metadata=described("longer axis of the fitted ellipse, pixels", 13.842)
    )
    minor_axis = fields.Float(
        required=True, metadata=described("shorter axis of the fitted ellipse, pixels", 12.727)
    )
    circularity = fields.Float(
        required=True, metadata=described("4 pi area / perimeter squared: 1 for a circle", 0.874)
    )
    aspect_ratio = fields.Float(required=True, metadata=described("longer by shorter axis", 1.088))


class OutlinedRegion(RegionRecord):
    """One region, and its shape where that is asked for."""

    # Passed as it is: it may be long, and was made by the agent itself.
    outline = fields.Raw(
        allow_none=True,
        metadata={
            "type": "array",
            "items": {
                "type": "array",
                "items": {"type": "integer"},
                "minItems": 2,
                "maxItems": 2,
            },
            **described(
                "with `outlines=1`: corners [x, y] of the polygon around exactly its pixels, "
                "clockwise, in pixels from the top left; null where the mask does not hold it",
                [[1674, 1506], [1686, 1506], [1686, 1518], [1674, 1518]],
            ),
        },
    )


class ClassRecord(Schema):
    """One class of one image."""

    class_unique_id = fields.String(
        required=True, metadata=described("the class's id within the image", f"{EXAMPLE_ID}_1")
    )
    class_id = fields.Integer(required=True, metadata=described("number of the class", 1))
    class_name = fields.String(required=True, metadata=described("its name", "PI_Particle"))
    total_regions = fields.Integer(required=True, metadata=described("regions of it", 5))
    total_area_pixels = fields.Integer(
        required=True, metadata=described("their areas' sum, square pixels", 213)
    )


class ClassesAnswer(Schema):
    img_unique_id = fields.String(required=True, metadata=described("the image's id", EXAMPLE_ID))
    total_classes = fields.Integer(required=True, metadata=described("classes, zero ones too", 4))
    classes = fields.List(
        fields.Nested(ClassRecord), required=True, metadata=described("all of them, by class id")
    )


class ClassWithRegions(Schema):
    """A class that has regions, and these."""

    class_id = fields.Integer(required=True, metadata=described("number of the class", 1))
    class_name = fields.String(required=True, metadata=described("its name", "PI_Particle"))
    total_regions = fields.Integer(required=True, metadata=described("regions of it", 5))
    total_area_pixels = fields.Integer(
        required=True, metadata=described("their areas' sum, square pixels", 213)
    )
    regions = fields.List(
        fields.Nested(OutlinedRegion), required=True, metadata=described("all of it")
    )


class RegionsQuery(Query):
    class_name = name_filter("only this class", "PI_Particle")
    outlines = fields.Boolean(
        load_default=False, metadata=described("1: with each region's outline", False)
    )


class RegionsAnswer(Schema):
    img_unique_id = fields.String(required=True, metadata=described("the image's id", EXAMPLE_ID))
    total_regions = fields.Integer(required=True, metadata=described("regions in all", 7))
    classes = fields.List(
        fields.Nested(ClassWithRegions),
        required=True,
        metadata=described("classes that have regions, by class id"),
    )

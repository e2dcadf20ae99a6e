"""Figures over many images."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from aoi.schemas.common import DateRangeQuery, count_by_class, described
from aoi.schemas.defects import DefectFilters


class StorageStats(Schema):
    total_bytes = fields.Integer(
        required=True, metadata=described("size of the disk, bytes", 10**12)
    )
    free_bytes = fields.Integer(required=True, metadata=described("free on it, bytes", 6 * 10**11))
    used_percent = fields.Float(required=True, metadata=described("used of it, percent", 41.2))


class StatsAnswer(Schema):
    total_images = fields.Integer(required=True, metadata=described("inspected images", 50210))
    total_defects = fields.Integer(required=True, metadata=described("regions in them", 311407))
    defects_by_class = count_by_class("regions by class")
    recent_uploads = fields.Integer(
        required=True, metadata=described("uploads of the last 7 days", 4210)
    )
    uploads_by_status = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        metadata=described(
            "uploads by state",
            {"queued": 0, "processing": 2, "done": 50210, "failed": 3, "rejected": 1},
        ),
    )
    average_processing_time_seconds = fields.Float(
        required=True,
        allow_none=True,
        metadata=described("mean of SegFormer's time an image, seconds", 0.71),
    )
    storage = fields.Nested(
        StorageStats, required=True, metadata=described("the disk of the data folder")
    )


class DailyQuery(DateRangeQuery):
    """A range of days; without start from the first image on, without end to today."""


class DayRecord(Schema):
    """What was inspected on one day, by the time at which the images came in."""

    date = fields.String(required=True, metadata=described("the day, in UTC", "2026-02-25"))
    images = fields.Integer(required=True, metadata=described("inspected images", 2740))
    images_with_defects = fields.Integer(
        required=True, metadata=described("of them with at least one region", 1911)
    )
    defects = fields.Integer(required=True, metadata=described("regions in them", 27410))
    defects_by_class = count_by_class("regions by class; only classes with regions")
    area_by_class = count_by_class("area of the regions by class, square pixels")
    median_processing_time_seconds = fields.Float(
        required=True,
        allow_none=True,
        metadata=described("median of SegFormer's time an image; null without images", 0.67),
    )
    p95_processing_time_seconds = fields.Float(
        required=True,
        allow_none=True,
        metadata=described("95th percentile of it; null without images", 1.12),
    )


class DailyAnswer(Schema):
    days = fields.List(
        fields.Nested(DayRecord),
        required=True,
        metadata=described("each day of the range, also those without images"),
    )


class ParetoQuery(DateRangeQuery):
    """A range of time; without bounds all images."""


class ParetoClass(Schema):
    """What one class has in all images of a range."""

    class_id = fields.Integer(required=True, metadata=described("number of the class", 1))
    class_name = fields.String(required=True, metadata=described("its name", "PI_Particle"))
    regions = fields.Integer(required=True, metadata=described("its regions", 16230))
    area_pixels = fields.Integer(
        required=True, metadata=described("their area, square pixels", 2811004)
    )
    images = fields.Integer(required=True, metadata=described("images that have any", 1480))
    share = fields.Float(required=True, metadata=described("of all regions, 0 to 1", 0.592))
    cumulative_share = fields.Float(
        required=True, metadata=described("with the classes before it, 0 to 1", 0.592)
    )


class ParetoAnswer(Schema):
    total_regions = fields.Integer(
        required=True, metadata=described("regions of all classes", 27410)
    )
    classes = fields.List(
        fields.Nested(ParetoClass),
        required=True,
        metadata=described("classes with regions, most regions first"),
    )


class HeatmapQuery(DefectFilters):
    bins = fields.Integer(
        load_default=64,
        validate=validate.Range(1, 256),
        metadata=described("cells along each side of the image plane", 64),
    )


class HeatmapAnswer(Schema):
    bins = fields.Integer(required=True, metadata=described("cells along each side", 64))
    total = fields.Integer(required=True, metadata=described("regions counted", 27410))
    counts = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.List(fields.Integer())),
        required=True,
        metadata=described(
            "by class: rows of cells, top row first, left cell first; how many centroids lie "
            "in each",
            {"PI_Particle": [[0, 2], [41, 0]]},
        ),
    )

"""Health."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from aoi.schemas.common import EXAMPLE_TIME, described
from aoi.schemas.fields import UtcDateTime


class DatabaseCheck(Schema):
    status = fields.String(required=True, metadata=described("ok or error", "ok"))
    latency_ms = fields.Float(
        required=True, allow_none=True, metadata=described("time of a query, milliseconds", 0.8)
    )
    version = fields.String(
        required=True, allow_none=True, metadata=described("version of PostgreSQL", "18.0")
    )


class SegformerCheck(Schema):
    status = fields.String(
        required=True,
        metadata=described("ok, no_model, unreachable, timeout or bad_answer", "ok"),
    )
    model_loaded = fields.Boolean(
        required=True, allow_none=True, metadata=described("whether a model is loaded", True)
    )
    since = UtcDateTime(
        required=True,
        allow_none=True,
        metadata=described("since when it is away, UTC; null while it answers", EXAMPLE_TIME),
    )
    device = fields.String(allow_none=True, metadata=described("cuda or cpu", "cuda"))


class StorageCheck(Schema):
    status = fields.String(required=True, metadata=described("ok or warning", "ok"))
    used_percent = fields.Float(
        required=True,
        allow_none=True,
        metadata=described("disk used, percent; null where the disk does not answer", 41.2),
    )
    accepts_uploads = fields.Boolean(
        required=True,
        allow_none=True,
        metadata=described("false from DISK_FULL_PERCENT on: uploads are answered 507", True),
    )


class QueueCheck(Schema):
    status = fields.String(
        required=True,
        metadata=described("ok, no_worker while images wait and no worker runs, or unknown", "ok"),
    )
    queued = fields.Integer(
        required=True, allow_none=True, metadata=described("uploads waiting", 0)
    )
    oldest_queued_seconds = fields.Float(
        required=True, allow_none=True, metadata=described("how long the oldest waits, seconds", 0)
    )


class HealthChecks(Schema):
    database = fields.Nested(DatabaseCheck, required=True, metadata=described("PostgreSQL"))
    segformer = fields.Nested(
        SegformerCheck, required=True, metadata=described("the SegFormer service")
    )
    storage = fields.Nested(
        StorageCheck, required=True, metadata=described("the disk of the data folder")
    )
    queue = fields.Nested(QueueCheck, required=True, metadata=described("uploads that wait"))


class HealthAnswer(Schema):
    status = fields.String(
        required=True,
        validate=validate.OneOf(["ok", "degraded", "error"]),
        metadata=described("ok; degraded: SegFormer or the disk needs a look; error", "ok"),
    )
    version = fields.String(required=True, metadata=described("version of the agent", "0.1.0"))
    timestamp = UtcDateTime(required=True, metadata=described("now, UTC", EXAMPLE_TIME))
    started_at = UtcDateTime(
        required=True, metadata=described("when this web process started, UTC", EXAMPLE_TIME)
    )
    checks = fields.Nested(HealthChecks, required=True, metadata=described("part by part"))


class LiveAnswer(Schema):
    status = fields.String(required=True, metadata=described("always ok", "ok"))

"""Sending images, and their intake records."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from aoi.models import Status
from aoi.schemas.common import (
    EXAMPLE_BATCH_ID,
    EXAMPLE_ID,
    EXAMPLE_TIME,
    ErrorAnswer,
    PageAnswer,
    PageQuery,
    Query,
    count_by_class,
    described,
    name_filter,
)
from aoi.schemas.fields import UtcDateTime

BASE = "http://127.0.0.1:8000"
EXAMPLE_IMAGES = {
    kind: f"{BASE}/download/image/{EXAMPLE_ID}/{kind}"
    for kind in ("input", "combined", "mask", "overlay")
}


class UploadHeaders(Query):
    prefer = fields.String(
        data_key="Prefer",
        metadata=described(
            "`respond-async`: answer 202 as soon as the image is stored", "respond-async"
        ),
    )
    idempotency_key = fields.String(
        data_key="Idempotency-Key",
        validate=validate.Length(1, 255),
        metadata=described(
            "the same key and bytes again answer what the first got, without a second inference",
            "line3-panel-000342",
        ),
    )


class UploadResult(Schema):
    """A stored inspection."""

    success = fields.Boolean(required=True, metadata=described("always true here", True))
    img_unique_id = fields.String(
        required=True,
        metadata=described("the image's id: its time in UTC and a random part", EXAMPLE_ID),
    )
    status = fields.String(
        required=True,
        validate=validate.OneOf([s.value for s in Status]),
        metadata=described("state of the upload", "done"),
    )
    timestamp = UtcDateTime(required=True, metadata=described("when it came in, UTC", EXAMPLE_TIME))
    original_filename = fields.String(
        required=True, metadata=described("the name it came under", "panel.png")
    )
    processing_time_seconds = fields.Float(
        required=True, metadata=described("what the inspection took SegFormer, in seconds", 0.6743)
    )
    total_defects = fields.Integer(required=True, metadata=described("regions of all classes", 7))
    defect_classes = count_by_class("regions by class; only classes with regions")
    images = fields.Dict(
        required=True,
        keys=fields.String(),
        values=fields.Url(require_tld=False),
        metadata=described("addresses of the pictures", EXAMPLE_IMAGES),
    )
    json_url = fields.Url(
        required=True,
        require_tld=False,
        metadata=described("address of the analysis", f"{BASE}/download/json/{EXAMPLE_ID}"),
    )


class UploadAccepted(Schema):
    """An upload that is stored and waits for its inspection."""

    success = fields.Boolean(required=True, metadata=described("always true here", True))
    img_unique_id = fields.String(required=True, metadata=described("the image's id", EXAMPLE_ID))
    status = fields.String(required=True, metadata=described("state of the upload", "queued"))
    timestamp = UtcDateTime(required=True, metadata=described("when it came in, UTC", EXAMPLE_TIME))
    original_filename = fields.String(
        required=True, metadata=described("the name it came under", "panel.png")
    )
    upload_url = fields.Url(
        require_tld=False,
        required=True,
        metadata=described("where to ask how far it is", f"{BASE}/uploads/{EXAMPLE_ID}"),
    )


class InferenceFailed(ErrorAnswer):
    """The image is kept, its inspection failed; it can be retried."""

    img_unique_id = fields.String(metadata=described("the image's id", EXAMPLE_ID))
    upload_status = fields.String(metadata=described("state of the upload", "failed"))
    retry_url = fields.Url(
        require_tld=False,
        metadata=described("POST here to try again", f"{BASE}/uploads/{EXAMPLE_ID}/retry"),
    )


class UploadRecord(Schema):
    """The intake record of one image."""

    img_unique_id = fields.String(
        required=True,
        allow_none=True,
        metadata=described("the image's id; null for a file that was rejected", EXAMPLE_ID),
    )
    status = fields.String(
        required=True,
        validate=validate.OneOf([s.value for s in Status]),
        metadata=described("state of the upload", "failed"),
    )
    original_filename = fields.String(
        required=True, metadata=described("the name it came under", "panel.png")
    )
    batch_id = fields.String(
        required=True, allow_none=True, metadata=described("the batch it is of", EXAMPLE_BATCH_ID)
    )
    size_bytes = fields.Integer(required=True, metadata=described("bytes of the input", 1482210))
    sha256 = fields.String(
        required=True,
        allow_none=True,
        metadata=described("SHA-256 of the input, in hexadecimal", "9f86d081884c7d65…"),
    )
    attempts = fields.Integer(required=True, metadata=described("times an inspection began", 1))
    error = fields.String(
        required=True,
        allow_none=True,
        metadata=described("why it failed", "SegFormer cannot be reached."),
    )
    created_at = UtcDateTime(
        required=True, metadata=described("when it came in, UTC", EXAMPLE_TIME)
    )
    updated_at = UtcDateTime(
        required=True, metadata=described("when its state last changed, UTC", EXAMPLE_TIME)
    )


class UploadsQuery(PageQuery):
    status = fields.String(
        validate=validate.OneOf([s.value for s in Status]),
        metadata=described("only uploads in this state", "failed"),
    )
    batch_id = name_filter("only uploads of this batch", EXAMPLE_BATCH_ID)


class UploadsPage(PageAnswer):
    uploads = fields.List(
        fields.Nested(UploadRecord), required=True, metadata=described("uploads of this page")
    )

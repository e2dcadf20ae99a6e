"""Images sent together."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from aoi.models import Status
from aoi.schemas.common import (
    EXAMPLE_BATCH_ID,
    EXAMPLE_ID,
    EXAMPLE_TIME,
    PageAnswer,
    PageQuery,
    Query,
    count_by_class,
    described,
    name_filter,
)
from aoi.schemas.fields import UtcDateTime
from aoi.schemas.uploads import BASE, UploadHeaders

MAX_WAIT_SECONDS = 600
EXAMPLE_COUNTS = {"queued": 0, "processing": 2, "done": 46, "failed": 1, "rejected": 1}


class BatchHeaders(UploadHeaders):
    class Meta:
        exclude = ("prefer",)


class BatchQuery(Query):
    batch_id = name_filter("add the files to this batch; `index` goes on", EXAMPLE_BATCH_ID)
    wait = fields.Float(
        load_default=0.0,
        validate=validate.Range(0, MAX_WAIT_SECONDS),
        metadata=described("hold the answer until the batch has ended, seconds at most", 60),
    )


class BatchItem(Schema):
    """One file of a batch."""

    index = fields.Integer(required=True, metadata=described("its place, from 1", 1))
    filename = fields.String(required=True, metadata=described("the name it came under", "a.jpg"))
    img_unique_id = fields.String(
        required=True, allow_none=True, metadata=described("null where it was rejected", EXAMPLE_ID)
    )
    status = fields.String(
        required=True,
        validate=validate.OneOf([s.value for s in Status]),
        metadata=described("state of the upload", "done"),
    )
    total_defects = fields.Integer(
        required=True, allow_none=True, metadata=described("regions of all classes", 7)
    )
    defect_classes = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        allow_none=True,
        metadata=described("regions by class; null before it is done", {"PI_Particle": 7}),
    )
    processing_time_seconds = fields.Float(
        required=True, allow_none=True, metadata=described("SegFormer's time, seconds", 0.67)
    )
    error = fields.String(
        required=True,
        allow_none=True,
        metadata=described("why it failed or was rejected", "The file is empty."),
    )


class BatchSummary(Schema):
    """A batch, without its files."""

    success = fields.Boolean(required=True, metadata=described("always true here", True))
    batch_id = fields.String(required=True, metadata=described("the batch", EXAMPLE_BATCH_ID))
    status = fields.String(
        required=True,
        validate=validate.OneOf(["processing", "done"]),
        metadata=described("done when nothing is queued or processing", "processing"),
    )
    total_images = fields.Integer(required=True, metadata=described("files in it", 50))
    counts = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        metadata=described("files by state", EXAMPLE_COUNTS),
    )
    progress = fields.Float(
        required=True, metadata=described("share that has ended, from 0 to 1", 0.96)
    )
    total_defects = fields.Integer(required=True, metadata=described("regions in it", 311))
    defect_classes = count_by_class("regions by class; only classes with regions")
    created_at = UtcDateTime(required=True, metadata=described("when it began, UTC", EXAMPLE_TIME))
    finished_at = UtcDateTime(
        required=True,
        allow_none=True,
        metadata=described("when its last file ended, UTC; null before", EXAMPLE_TIME),
    )
    waiting_for_segformer_since = UtcDateTime(
        required=True,
        allow_none=True,
        metadata=described(
            "since when SegFormer is away and the batch waits for it, UTC", EXAMPLE_TIME
        ),
    )
    batch_url = fields.Url(
        require_tld=False,
        required=True,
        metadata=described("address of the batch", f"{BASE}/batches/{EXAMPLE_BATCH_ID}"),
    )
    download_url = fields.Url(
        require_tld=False,
        required=True,
        metadata=described(
            "address of its results as a ZIP", f"{BASE}/download/batch/{EXAMPLE_BATCH_ID}"
        ),
    )


class BatchDetail(BatchSummary):
    """A batch with its files, by index."""

    results = fields.List(
        fields.Nested(BatchItem), required=True, metadata=described("its files, by index")
    )


class BatchesQuery(PageQuery):
    pass


class BatchesPage(PageAnswer):
    batches = fields.List(
        fields.Nested(BatchSummary), required=True, metadata=described("batches of this page")
    )

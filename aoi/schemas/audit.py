"""The audit log, as it is asked for and answered."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from aoi.access.audit import ACTIONS
from aoi.schemas.common import (
    EXAMPLE_ID,
    EXAMPLE_TIME,
    DateRangeQuery,
    PageAnswer,
    PageQuery,
    described,
    name_filter,
)
from aoi.schemas.fields import UtcDateTime

KINDS = ("key", "person", "command", "open")


class AuditQuery(PageQuery, DateRangeQuery):
    action = fields.String(
        validate=validate.OneOf(ACTIONS),
        metadata=described("what was done", "upload.delete"),
    )
    who = name_filter("the key or the person who did it", "line3")
    subject = name_filter("the id or the name it was done to", EXAMPLE_ID)


class AuditRecord(Schema):
    """Something that somebody changed."""

    audit_id = fields.Integer(required=True, metadata=described("its number", 4711))
    timestamp = UtcDateTime(required=True, metadata=described("when, UTC", EXAMPLE_TIME))
    kind = fields.String(
        required=True,
        validate=validate.OneOf(KINDS),
        metadata=described("a `key`, a `person`, a `command`, or `open`: nobody was asked", "key"),
    )
    who = fields.String(required=True, metadata=described("its name", "line3"))
    action = fields.String(required=True, metadata=described("what was done", "upload.delete"))
    subject = fields.String(
        required=True, metadata=described("the id or the name it was done to", EXAMPLE_ID)
    )
    address = fields.String(
        required=True,
        allow_none=True,
        metadata=described("from where; null for a command on the host", "10.0.3.17"),
    )
    request_id = fields.String(
        required=True,
        allow_none=True,
        metadata=described("the request, as the log names it", "0f8b3c52c1c04f0a9d1b7a2e6f3d4c5b"),
    )


class AuditPage(PageAnswer):
    entries = fields.List(
        fields.Nested(AuditRecord), required=True, metadata=described("entries of this page")
    )

"""What many answers and queries share: errors, paging, ids."""

from __future__ import annotations

from typing import Any

from marshmallow import EXCLUDE, Schema, fields, validates_schema
from marshmallow.exceptions import ValidationError
from marshmallow.validate import Range

from aoi.schemas.fields import Moment, Text

EXAMPLE_ID = "20260225_103045_7K3QH2ZD"
EXAMPLE_BATCH_ID = "20260225_103000_9M2XA4PT"
EXAMPLE_TIME = "2026-02-25T10:30:45.123Z"
EXAMPLE_CURSOR = "WyIxYzBmIiwiMjAyNiJd.q1Xv0"
BIGGEST_INT = 2**31 - 1


def described(description: str, example: Any = None) -> dict[str, Any]:
    """Build a field's OpenAPI metadata."""
    return {"description": description} | ({} if example is None else {"example": example})


class Query(Schema):
    """Base of query schemas: parameters that nobody knows are ignored."""

    class Meta:
        unknown = EXCLUDE


class ErrorAnswer(Schema):
    """What every error answers."""

    code = fields.Integer(required=True, metadata=described("HTTP status code", 404))
    status = fields.String(required=True, metadata=described("its name", "Not Found"))
    message = fields.String(
        required=True,
        metadata=described("what happened and what to do", "There is no image 2026…"),
    )
    errors = fields.Dict(
        metadata=described(
            "bad values by place and name", {"query": {"limit": ["Must be at most 100."]}}
        )
    )


class PageQuery(Query):
    page = fields.Integer(
        load_default=1,
        validate=Range(1, BIGGEST_INT),
        metadata=described("page, from 1; ignored with a cursor", 1),
    )
    limit = fields.Integer(
        load_default=10, validate=Range(1, 100), metadata=described("items a page", 10)
    )
    cursor = fields.String(
        metadata=described(
            "`next_cursor` of the answer before: goes on from there", EXAMPLE_CURSOR
        ),
    )


class PageAnswer(Schema):
    total = fields.Integer(required=True, metadata=described("items in all pages", 311))
    page = fields.Integer(required=True, metadata=described("this page, from 1", 1))
    limit = fields.Integer(required=True, metadata=described("items a page", 10))
    next_cursor = fields.String(
        required=True,
        allow_none=True,
        metadata=described("send as `cursor` for what follows; null at the end", EXAMPLE_CURSOR),
    )


MOMENT: dict[str, Any] = {"anyOf": [{"format": "date"}, {"format": "date-time"}], "type": "string"}


class DateRangeQuery(Query):
    start_date = Moment(
        metadata={
            **described("first moment: a date or a date-time; UTC unless it has a zone"),
            **MOMENT,
            "example": "2026-02-01",
        }
    )
    end_date = Moment(
        is_end=True,
        metadata={
            **described("last moment; a bare date includes its whole day"),
            **MOMENT,
            "example": "2026-02-28",
        },
    )

    @validates_schema
    def check_order(self, data: dict[str, Any], **_: Any) -> None:
        start, end = data.get("start_date"), data.get("end_date")
        if start is not None and end is not None and start >= end:
            raise ValidationError("Must not be after end_date.", "start_date")


def check_range(data: dict[str, Any], low: str, high: str) -> None:
    """Raise ValidationError where the lower bound is above the upper one."""
    if data.get(low) is not None and data.get(high) is not None and data[low] > data[high]:
        raise ValidationError(f"Must not be greater than {high}.", low)


def count_by_class(description: str) -> fields.Dict:
    """Build a field that counts something by class name."""
    return fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        metadata=described(description, {"PI_Particle": 5, "PR_Peeling": 1, "Copper_Nodule": 1}),
    )


def name_filter(description: str, example: str) -> Text:
    return Text(metadata=described(description, example))

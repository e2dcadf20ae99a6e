"""Parameters of exports: the filters of the lists, and chosen images."""

from __future__ import annotations

from typing import Any

from marshmallow import EXCLUDE, RAISE, fields, validate
from webargs.fields import DelimitedList

from aoi.ids import PATTERN
from aoi.schemas.common import EXAMPLE_ID, described
from aoi.schemas.defects import DefectsQuery
from aoi.schemas.images import ImagesQuery

MAX_IDS = 100_000
# An export is of all pages, in one order.
PAGING = ("page", "limit", "cursor")
CHOSEN = "only these images"


def _id() -> fields.String:
    return fields.String(
        validate=validate.Regexp(f"^{PATTERN.pattern}$", error="Not an id of an image.")
    )


def _in_query() -> DelimitedList:
    return DelimitedList(
        _id(),
        validate=validate.Length(1, MAX_IDS),
        metadata=described(f"{CHOSEN}, separated by commas; a long list goes by POST", EXAMPLE_ID),
    )


def _in_body() -> fields.List[Any]:
    return fields.List(
        _id(), validate=validate.Length(1, MAX_IDS), metadata=described(CHOSEN, [EXAMPLE_ID])
    )


class ImagesExportQuery(ImagesQuery):
    ids = _in_query()

    class Meta:
        exclude = (*PAGING, "order")
        unknown = EXCLUDE


class DefectsExportQuery(DefectsQuery):
    ids = _in_query()

    class Meta:
        exclude = PAGING
        unknown = EXCLUDE


class ImagesExportBody(ImagesQuery):
    """Which images: filters, all combinable, and chosen ids."""

    ids = _in_body()

    class Meta:
        exclude = (*PAGING, "order")
        unknown = RAISE  # a misspelt filter would export everything


class DefectsExportBody(DefectsQuery):
    """Which regions: filters, all combinable, and ids of chosen images."""

    ids = _in_body()

    class Meta:
        exclude = PAGING
        unknown = RAISE

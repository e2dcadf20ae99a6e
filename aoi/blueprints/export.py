"""Taking findings away: tables, COCO, a dataset; streamed, whatever their size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from flask import Response, abort, request, stream_with_context

from aoi.blueprints import parts
from aoi.blueprints.api import ApiBlueprint
from aoi.blueprints.presenting import picture_link
from aoi.exports import coco, dataset, folders, parquet, tables
from aoi.exports.selecting import image_chunks, region_chunks
from aoi.schemas.common import EXAMPLE_ID
from aoi.schemas.exports import (
    DefectsExportBody,
    DefectsExportQuery,
    ImagesExportBody,
    ImagesExportQuery,
)

bp = ApiBlueprint("export", __name__, description="Findings to take away, in files of any length")

CSV = "text/csv; charset=utf-8"
JSON = "application/json"
PARQUET = "application/vnd.apache.parquet"
ZIP = "application/zip"
# What is JSON is described as such: to a client it is no text.
BODIES = {JSON: {"type": "object"}}
BINARY = {"type": "string", "format": "binary"}
STREAMED = "The file, streamed; a connection that breaks off before its end tells of a failure"
NO_IMAGE = {404: "`ids` names an image that does not exist."}
FAILS = NO_IMAGE | {422: "Bad query parameters."}
BODY_FAILS = NO_IMAGE | {
    400: "The body cannot be parsed.",
    415: "The body is not sent as JSON.",
    422: "Bad values in the body.",
}


def _published(
    name: str, media_type: str, of_regions: bool = False
) -> Callable[[Callable[[Any], Iterator[bytes]]], Callable[[Any], Iterator[bytes]]]:
    """Answer `/export/{name}`, by GET and by POST, with what the function makes of the rows.

    The summaries are the function's docstring, and the same with a list.
    """
    query = DefectsExportQuery if of_regions else ImagesExportQuery
    body = DefectsExportBody if of_regions else ImagesExportBody
    choose = region_chunks if of_regions else image_chunks

    def decorate(write: Callable[[Any], Iterator[bytes]]) -> Callable[[Any], Iterator[bytes]]:
        def view(arguments: dict[str, Any]) -> Response:
            return _attachment(write(choose(arguments)), name, media_type)

        def view_of_list(arguments: dict[str, Any]) -> Response:
            # Parsed as none at all, a body of another type would mean everything.
            if not request.is_json:
                abort(415)
            return view(arguments)

        summary, _, rest = (write.__doc__ or "").partition("\n")
        view.__doc__ = f"{summary}\n{rest}"
        view_of_list.__doc__ = f"{summary}, by a list of images\n{rest}"
        for each, method, location, schema, fails in (
            (view, "GET", "query", query, FAILS),
            (view_of_list, "POST", "json", body, BODY_FAILS),
        ):
            each.__name__ = f"{method.lower()}_{write.__name__}"
            each = bp.fails(fails)(each)
            answer = BODIES.get(media_type, BINARY)
            each = bp.response(200, answer, content_type=media_type, description=STREAMED)(each)
            each = bp.arguments(schema, location=location)(each)
            bp.route(f"/export/{name}", methods=[method])(each)
        return write

    return decorate


@_published("images.csv", CSV)
def images_csv(chunks: Any) -> Iterator[bytes]:
    """Export images as CSV

    UTF-8 with BOM; a cell that a spreadsheet would run as a formula begins with an apostrophe.
    """
    return tables.images_csv(chunks, _links("thumbnail", inline=1))


@_published("defects.csv", CSV, of_regions=True)
def defects_csv(chunks: Any) -> Iterator[bytes]:
    """Export regions as CSV

    UTF-8 with BOM; a cell that a spreadsheet would run as a formula begins with an apostrophe.
    """
    return tables.defects_csv(chunks)


@_published("defects.parquet", PARQUET, of_regions=True)
def defects_parquet(chunks: Any) -> Iterator[bytes]:
    """Export regions as Parquet

    The columns of `defects.csv` with types, for pandas and others.
    """
    return parquet.defects_parquet(chunks)


@_published("coco.json", JSON)
def coco_json(chunks: Any) -> Iterator[bytes]:
    """Export images and their regions as COCO

    `bbox` and `area` are as SegFormer measured them, `segmentation` is traced from the mask.
    """
    return coco.coco_json(chunks, _source())


@_published("images.zip", ZIP)
def images_zip(chunks: Any) -> Iterator[bytes]:
    """Export images with their pictures and analyses

    A folder for each, as in the ZIP of a batch: the input under its own name, combined, mask,
    overlay and analysis; and summary.json and summary.csv, which name what is missing.
    """
    return folders.ImagesZip(parts.storage()).pieces(chunks)


@_published("dataset.zip", ZIP)
def dataset_zip(chunks: Any) -> Iterator[bytes]:
    """Export images, masks and COCO as a dataset to train with

    For Anomalib, MMSegmentation and CVAT; its README.txt tells how each imports it.
    """
    return dataset.dataset_zip(chunks, _source())


def _source() -> coco.Source:
    return coco.Source(parts.storage(), _links("input"))


def _links(kind: str, **query: Any) -> Callable[[str], str]:
    """Return what makes a picture's address of an id; building each anew takes most of a row."""
    before, after = picture_link(EXAMPLE_ID, kind, **query).split(EXAMPLE_ID)
    return lambda unique_id: f"{before}{unique_id}{after}"


def _attachment(pieces: Iterator[bytes], name: str, media_type: str) -> Response:
    response = Response(stream_with_context(pieces), content_type=media_type)
    stem, _, extension = name.rpartition(".")
    filename = f"{stem}_{datetime.now(UTC):%Y%m%d_%H%M%S}.{extension}"
    response.headers.set("Content-Disposition", "attachment", filename=filename)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response

"""Taking pictures and analyses away, byte for byte."""

from __future__ import annotations

from typing import Any

from flask import Response, send_file

from aoi import files
from aoi.archive import batch_archive
from aoi.blueprints import parts
from aoi.blueprints.api import ApiBlueprint
from aoi.schemas.downloads import DownloadQuery

bp = ApiBlueprint("download", __name__, description="Pictures and analyses, byte for byte")

YEAR_SECONDS = 365 * 24 * 3600
BINARY = {"type": "string", "format": "binary"}


@bp.get("/download/image/<unique_id:img_unique_id>/<string:kind>")
@bp.arguments(DownloadQuery, location="query")
@bp.response(200, BINARY, content_type="image/*", description="The picture")
@bp.alt_response(304, description="Not changed since the ETag that was sent")
@bp.alt_response(
    206,
    schema=BINARY,
    content_type="image/*",
    success=True,
    description="The range that was asked for",
)
@bp.fails(
    {
        404: "No such image, or no such kind of picture.",
        416: "The range is outside the file.",
        422: "Bad query parameters.",
    }
)
def download_image(arguments: dict[str, Any], img_unique_id: str, kind: str) -> Response:
    """Download a picture of an image

    `kind` is `input` (as it was sent), `combined`, `mask`, `overlay` (as SegFormer sent them)
    or `thumbnail` (at most 320 px). ETag, Range and long caching are supported.
    """
    file = files.find_picture(img_unique_id, kind, parts.storage(), parts.settings())
    return _send(file, inline=arguments["inline"])


@bp.get("/download/json/<unique_id:img_unique_id>")
@bp.arguments(DownloadQuery, location="query")
@bp.response(200, {"type": "object"}, description="`analysis_results` as SegFormer sent it")
@bp.alt_response(304, description="Not changed since the ETag that was sent")
@bp.fails(
    {
        404: "No inspected image has this id.",
        416: "The range is outside the file.",
        422: "Bad query parameters.",
    }
)
def download_json(arguments: dict[str, Any], img_unique_id: str) -> Response:
    """Download the analysis of an image, exactly as SegFormer sent it

    No key lost, no number rounded. ETag, Range and long caching are supported.
    """
    file = files.find_analysis(img_unique_id, parts.storage())
    return _send(file, inline=arguments["inline"])


@bp.get("/download/batch/<unique_id:batch_id>")
@bp.response(200, BINARY, content_type="application/zip", description="The ZIP, streamed")
@bp.fails({404: "No such batch."})
def download_batch(batch_id: str) -> Response:
    """Download the results of a batch as a ZIP

    A folder for each inspected image, with its input, pictures and analysis; and a summary of all
    files as JSON and CSV.
    """
    archive = batch_archive(batch_id, parts.storage())
    response = Response(archive.pieces, mimetype="application/zip")
    response.content_length = archive.size
    response.headers.set("Content-Disposition", "attachment", filename=archive.name)
    return response


def _send(file: files.StoredFile, inline: bool) -> Response:
    response = send_file(
        file.path,
        mimetype=file.media_type,
        as_attachment=not inline,
        download_name=file.download_name,
        conditional=True,
        max_age=YEAR_SECONDS,
    )
    response.cache_control.public = False
    response.cache_control.private = True
    response.cache_control.immutable = True
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response

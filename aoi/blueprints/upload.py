"""Sending images, and what becomes of them."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from aoi.blueprints import parts
from aoi.blueprints.api import ApiBlueprint
from aoi.blueprints.multipart import receive_files
from aoi.blueprints.presenting import (
    retry_link,
    upload_accepted,
    upload_link,
    upload_record,
    upload_result,
)
from aoi.catalog import list_uploads
from aoi.errors import INFERENCE_STATUS, INFERENCE_STATUS_OTHERWISE, error_response
from aoi.exceptions import ImageRefused, ImageTooLarge
from aoi.idempotency import release
from aoi.intake import Received
from aoi.models import Status, Upload
from aoi.schemas.uploads import (
    InferenceFailed,
    UploadAccepted,
    UploadHeaders,
    UploadRecord,
    UploadResult,
    UploadsPage,
    UploadsQuery,
)
from aoi.uploads import delete_upload, get_upload, has_ended, retry_upload

bp = ApiBlueprint("upload", __name__, description="Sending images, and what becomes of them")

# What a multipart body holds beside the file: boundaries, headers, small fields.
ENVELOPE_BYTES = 1024 * 1024
IMAGE_BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["image"],
                "properties": {
                    "image": {
                        "type": "string",
                        "format": "binary",
                        "description": "PNG, JPEG, BMP or TIFF, at most 50 MB",
                    }
                },
            }
        }
    },
}


@bp.post("/upload")
@bp.arguments(UploadHeaders, location="headers")
@bp.response(200, UploadResult, description="Inspected and stored")
@bp.alt_response(
    202,
    schema=UploadAccepted,
    success=True,
    description="Stored; the inspection is still to come",
    headers={
        "Location": {"description": "where to ask how far it is", "schema": {"type": "string"}}
    },
)
@bp.fails(
    {
        400: "No file, or not a whole image of a known format; nothing was kept.",
        409: "The first request with this Idempotency-Key is still under way.",
        413: "The file or the image is over the limits; nothing was kept.",
        422: "Bad headers, or this Idempotency-Key came with other bytes before.",
        502: "SegFormer's answer was not usable; the upload is kept and can be retried.",
        503: "SegFormer is away (the upload is kept and can be retried), or the database is, or "
        "too many uploads wait (nothing was kept).",
        504: "SegFormer did not answer in time; the upload is kept and can be retried.",
        507: "The disk is full; nothing was kept.",
    },
    schema_502=InferenceFailed,
    schema_503=InferenceFailed,
    schema_504=InferenceFailed,
)
@bp.doc(requestBody=IMAGE_BODY)
def upload_image(headers: dict[str, Any]) -> ResponseReturnValue:
    """Inspect one image

    Send it as a multipart file in `image`. The answer comes when the result is stored, after
    `UPLOAD_WAIT` seconds at the latest; with `Prefer: respond-async` as soon as it is queued.
    """
    later = "respond-async" in _preferences(headers.get("prefer", ""))
    key = headers.get("idempotency_key")
    hold = 0.0 if later else parts.settings().upload_wait
    received = _receive_one()
    try:
        upload, is_new = parts.intake().accept(received, key, hold)
    finally:
        received.file.discard()
    if not later and is_new:
        unique_id = upload.img_unique_id
        parts.waiting().wait(unique_id, hold, lambda: has_ended(unique_id))
        upload = get_upload(unique_id)
        if key:
            release(key)
    return _answer(upload, later)


def _preferences(header: str) -> set[str]:
    """Return the names in a Prefer header, without values and parameters (RFC 7240)."""
    return {part.partition(";")[0].partition("=")[0].strip().lower() for part in header.split(",")}


def _receive_one() -> Received:
    limit = parts.settings().max_file_bytes
    files: list[Received] = []
    try:
        for received in receive_files(
            request, parts.storage(), "image", limit + ENVELOPE_BYTES, limit
        ):
            files.append(received)
            if received.file.size > limit:
                raise ImageTooLarge(parts.intake().too_large)
            if len(files) > 1:
                raise ImageRefused(
                    "Only one image fits in this request. Send several to /upload/batch."
                )
        if not files:
            raise ImageRefused(
                "There is no file in the field `image`. Send one: -F image=@panel.png"
            )
    except BaseException as err:
        for each in files:
            each.file.discard()
        if isinstance(err, RequestEntityTooLarge):
            raise ImageTooLarge(parts.intake().too_large) from err
        raise
    return files[0]


def _answer(upload: Upload, later: bool) -> ResponseReturnValue:
    if upload.status == Status.FAILED and not later:
        code = INFERENCE_STATUS.get(upload.error_code or "", INFERENCE_STATUS_OTHERWISE)
        return error_response(
            code,
            f"{upload.error} The image is kept: retry it at retry_url.",
            img_unique_id=upload.img_unique_id,
            upload_status=upload.status,
            retry_url=retry_link(upload.img_unique_id),
        )
    if upload.status == Status.DONE and not later:
        return upload_result(upload)
    return _accepted(upload)


def _accepted(upload: Upload) -> Response:
    response = jsonify(UploadAccepted().dump(upload_accepted(upload)))
    response.status_code = 202
    response.headers["Location"] = upload_link(upload.img_unique_id)
    return response


@bp.get("/uploads")
@bp.arguments(UploadsQuery, location="query")
@bp.response(200, UploadsPage)
@bp.fails({422: "Bad query parameters."})
def list_records(arguments: dict[str, Any]) -> dict[str, Any]:
    """List intake records, newest first

    Of every upload, whatever its state; filter by state or batch.
    """
    page = list_uploads(arguments, parts.settings().secret_key)
    return page.envelope("uploads", [upload_record(row.Upload) for row in page.rows])


@bp.get("/uploads/<unique_id:img_unique_id>")
@bp.response(200, UploadRecord)
@bp.fails({404: "No such upload."})
def show_upload(img_unique_id: str) -> dict[str, Any]:
    """Show one intake record

    Tells how far an upload is, and why it failed.
    """
    return upload_record(get_upload(img_unique_id))


@bp.delete("/uploads/<unique_id:img_unique_id>")
@bp.response(204)
@bp.fails({404: "No such upload.", 409: "It is being inspected right now."})
def remove_upload(img_unique_id: str) -> None:
    """Delete an upload with its files and results

    Queued, done or failed alike; one that is being inspected is 409. If it is of a batch, it leaves
    the batch's counts and list.
    """
    delete_upload(img_unique_id, parts.storage())


@bp.post("/uploads/<unique_id:img_unique_id>/retry")
@bp.response(202, UploadAccepted, description="Queued again")
@bp.fails({404: "No such upload.", 409: "It is not failed."})
def retry(img_unique_id: str) -> ResponseReturnValue:
    """Queue a failed upload again

    The image need not be sent again; ask at `Location` how far it is.
    """
    return _accepted(retry_upload(img_unique_id))

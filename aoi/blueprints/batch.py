"""Sending many images together, and what becomes of them."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response, request, url_for

from aoi import batches
from aoi.batch_intake import BatchCall
from aoi.blueprints import parts
from aoi.blueprints.api import ApiBlueprint
from aoi.blueprints.multipart import receive_files
from aoi.idempotency import release
from aoi.outage import current
from aoi.schemas.batches import (
    BatchDetail,
    BatchesPage,
    BatchesQuery,
    BatchHeaders,
    BatchQuery,
)
from aoi.times import utc_text

bp = ApiBlueprint("batch", __name__, description="Many images together")

IMAGES_BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["images"],
                "properties": {
                    "images": {
                        "type": "array",
                        "items": {"type": "string", "format": "binary"},
                        "description": "PNG, JPEG, BMP or TIFF files, each at most 50 MB",
                    }
                },
            }
        }
    },
}
# A batch's end is seen at most so much later.
WAKE_SECONDS = 0.02
NO_BATCH = {404: "No such batch."}


@bp.post("/upload/batch")
@bp.arguments(BatchQuery, location="query")
@bp.arguments(BatchHeaders, location="headers")
@bp.response(202, BatchDetail, description="All inputs are stored and queued")
@bp.alt_response(200, schema=BatchDetail, success=True, description="With `wait`: all have ended")
@bp.fails(
    {
        400: "Not one file is acceptable; nothing was kept. `errors` tells why, by file.",
        404: "There is no such batch to add to.",
        409: "The first request with this Idempotency-Key is still under way.",
        413: "More files or bytes than a batch takes; nothing of this call was kept.",
        422: "Bad parameters, or this Idempotency-Key came with other bytes before.",
        507: "The disk is full; nothing of this call was kept.",
    }
)
@bp.doc(requestBody=IMAGES_BODY)
def upload_batch(query: dict[str, Any], headers: dict[str, Any]) -> Response:
    """Inspect many images

    Send them as multipart files in `images`, repeated. A file that is refused does not spoil the
    others. With `batch_id` the files are added to that batch.
    """
    config, key, wait = parts.settings(), headers.get("idempotency_key"), query["wait"]
    with BatchCall(parts.intake(), query.get("batch_id")) as call:
        call.receive(
            receive_files(
                request, parts.storage(), "images", config.max_batch_bytes, config.max_file_bytes
            )
        )
        batch_id, is_new = call.commit(key, wait)
    if wait:
        parts.waiting().wait(
            batch_id, wait, lambda: batches.has_ended(batch_id), pause=WAKE_SECONDS
        )
    if key and wait and is_new:
        release(key)
    state = batches.get_batch(batch_id)
    return _answer(batch_detail(state), 200 if wait and state.is_done else 202)


@bp.get("/batches")
@bp.arguments(BatchesQuery, location="query")
@bp.response(200, BatchesPage)
@bp.fails({422: "Bad query parameters."})
def list_batches(arguments: dict[str, Any]) -> Response:
    """List batches, newest first, without their files

    `GET /batches/{batch_id}` tells the files of one.
    """
    page, states = batches.list_batches(arguments, parts.settings().secret_key)
    return _answer(page.envelope("batches", [batch_summary(state) for state in states]))


@bp.get("/batches/<unique_id:batch_id>")
@bp.response(200, BatchDetail)
@bp.fails(NO_BATCH)
def show_batch(batch_id: str) -> Response:
    """Show a batch: how far it is, and each of its files

    A file that was refused on arrival is `rejected` and has no id. `status` is `done` when nothing
    is queued or processing any more.
    """
    return _answer(batch_detail(batches.get_batch(batch_id)))


@bp.post("/batches/<unique_id:batch_id>/retry")
@bp.response(202, BatchDetail, description="Queued again")
@bp.fails(NO_BATCH)
def retry_batch(batch_id: str) -> Response:
    """Queue all failed images of a batch again

    Those that are done stay as they are; rejected files were not kept and must be sent again.
    """
    batches.retry_batch(batch_id)
    return _answer(batch_detail(batches.get_batch(batch_id)), 202)


@bp.delete("/batches/<unique_id:batch_id>")
@bp.response(204)
@bp.fails(NO_BATCH | {409: "Images of it still wait or are being inspected."})
def delete_batch(batch_id: str) -> None:
    """Delete a batch with all its files and results

    For good, and only once nothing of it is queued or processing.
    """
    batches.delete_batch(batch_id, parts.storage())


def batch_summary(state: batches.BatchState) -> dict[str, Any]:
    """Present a batch without its files."""
    outage = None if state.is_done else current()
    return {
        "success": True,
        "batch_id": state.batch_id,
        "status": "done" if state.is_done else "processing",
        "total_images": state.total,
        "counts": state.counts,
        "progress": state.progress,
        "total_defects": sum(state.defect_classes.values()),
        "defect_classes": state.defect_classes,
        "created_at": utc_text(state.created_at),
        "finished_at": utc_text(state.finished_at) if state.finished_at else None,
        "waiting_for_segformer_since": utc_text(outage.since) if outage else None,
        "batch_url": url_for("batch.show_batch", batch_id=state.batch_id, _external=True),
        "download_url": url_for("download.download_batch", batch_id=state.batch_id, _external=True),
    }


def batch_detail(state: batches.BatchState) -> dict[str, Any]:
    """Present a batch with its files."""
    return batch_summary(state) | {
        "results": [batches.result_record(row) for row in state.results or ()]
    }


def _answer(body: dict[str, Any], code: int = 200) -> Response:
    # Past marshmallow, whose dump takes longer than all else at a thousand files.
    response = Response(orjson.dumps(body), code, mimetype="application/json")
    if code == 202:
        response.headers["Location"] = body["batch_url"]
    return response

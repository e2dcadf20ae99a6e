"""One inspection: claim, SegFormer, files, rows, in that order. Safe to run twice."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from pathlib import Path

from flask import current_app

from aoi import claims
from aoi.claims import Claim
from aoi.exceptions import InferenceError, Postponed, StorageFull
from aoi.extensions import db
from aoi.logs import request_id
from aoi.metrics.meters import meters
from aoi.outage import Outage, ServiceWatch
from aoi.recording import add_rows, mark_done
from aoi.segformer.client import Answer, SegformerClient
from aoi.slots import Slots
from aoi.storage import Storage
from aoi.tiles.cache import TileCache

log = logging.getLogger(__name__)

# In the order in which people look at them; the input's tiles are made during the inspection.
TILED_RESULTS = ("overlay", "mask", "combined")


@dataclass(frozen=True)
class Inspector:
    """What an inspection works with; one a process."""

    client: SegformerClient
    storage: Storage
    slots: Slots
    watch: ServiceWatch
    tiles: TileCache


def run(img_unique_id: str, waited_for: bool = False) -> None:
    """Inspect an upload, unless it is gone or has ended already.

    With `waited_for` it fails at once where SegFormer is away, as somebody waits for the answer;
    else it is put back and Postponed raised. Raises StorageFull without touching the upload.
    """
    inspector: Inspector = current_app.extensions["aoi_inspector"]
    # The slot comes first: an upload that waits for it is still queued.
    with inspector.slots.hold() as slot:
        # Room first: what cannot be stored need not be inferred.
        inspector.storage.require_room(0)
        outage = _outage(inspector.watch, waited_for)
        if outage is not None and not waited_for:
            raise Postponed()
        claim = claims.take(img_unique_id, inspector.storage, waited_for, outage)
        if claim is None:
            return
        inspector.tiles.prepare(img_unique_id, {"input": claim.input_path})
        started = time.perf_counter()
        try:
            answer = inspector.client.inspect(
                claim.input_path,
                f"{img_unique_id}{claim.input_path.suffix}",
                request_id.get(),
            )
        except InferenceError as err:
            meters().segformer_calls.labels(err.code).inc()
            _failed(claim, err, inspector.watch)
            return
        except OSError as err:
            claims.fail(claim, "The stored input image cannot be read.", "input_lost")
            log.error("input of %s cannot be read: %s", img_unique_id, err)
            return
        # Storing needs no slot: the next image may already be at SegFormer.
        slot.release()
        answered = time.perf_counter()
        meters().segformer_calls.labels("ok").inc()
        _store(claim, answer, inspector)
        _count(claim, answered - started, time.perf_counter() - answered)
        log.info(
            "inspected %s",
            img_unique_id,
            extra={
                "img_unique_id": img_unique_id,
                "total_defects": answer.total_defects,
                "duration_ms": round(1000 * (time.perf_counter() - started), 1),
            },
        )


def _count(claim: Claim, segformer: float, own: float) -> None:
    """Count how long each part of an inspection took, in seconds."""
    for part, seconds in (
        ("waiting", claim.queued_seconds),
        ("segformer", segformer),
        ("own", own),
    ):
        meters().inspection_seconds.labels(part).observe(seconds)


def _outage(watch: ServiceWatch, waited_for: bool) -> Outage | None:
    """Return the outage that is on; whoever waits for an answer gets the newest word."""
    outage = watch.outage
    if outage is not None and waited_for and watch.probe():
        return None
    return outage


def _failed(claim: Claim, err: InferenceError, watch: ServiceWatch) -> None:
    """Record the failure, or put the upload back if it is not the image's own."""
    if watch.is_outage(err) and not claim.waited_for:
        claims.put_back(claim, err.message, err.code)
    else:
        claims.fail(claim, err.message, err.code)


def _store(claim: Claim, answer: Answer, inspector: Inspector) -> None:
    """Put files and rows in place: both, or neither."""
    storage, unique_id = inspector.storage, claim.img_unique_id
    model_version = inspector.client.current_model()
    try:
        staged = _staged(claim, answer, storage)
    except StorageFull as err:
        claims.put_back(claim, err.message, "disk_full")
        return
    try:
        upload = claims.still_held(claim)
        if upload is None:
            return
        add_rows(upload, answer, storage)
        # Under the row's lock, so that no other attempt can come between files and rows.
        storage.publish_results(unique_id, staged)
        mark_done(upload, answer, model_version)
        db.session.commit()
        meters().inspections.labels("done").inc()
        results = {kind: storage.result_path(unique_id, kind) for kind in TILED_RESULTS}
        inspector.tiles.prepare(
            unique_id, {kind: storage.absolute(path) for kind, path in results.items()}
        )
    finally:
        # Once published nothing is there to drop; the database may fail before.
        storage.drop_staged(staged)


def _staged(claim: Claim, answer: Answer, storage: Storage) -> Path:
    return storage.stage_results(
        claim.img_unique_id,
        claim.attempt,
        {
            "combined": answer.combined,
            "mask": answer.mask,
            "overlay": answer.overlay,
            "analysis": answer.analysis_json,
        },
    )

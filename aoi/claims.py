"""The right to inspect an upload: taken, held against others, given back or used up."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select

from aoi.exceptions import Postponed
from aoi.extensions import db
from aoi.metrics.meters import meters
from aoi.models import Status, Upload
from aoi.outage import Outage
from aoi.storage import Storage
from aoi.waiting import notify_ended

log = logging.getLogger(__name__)

# A picture that brings its worker down must not do so for ever.
MAX_INTERRUPTIONS = 3
# Nothing is retried without end, not even while SegFormer comes and goes.
MAX_POSTPONEMENTS = 5


@dataclass(frozen=True)
class Claim:
    """The right to inspect one upload, this once."""

    img_unique_id: str
    attempt: int
    input_path: Path
    waited_for: bool
    queued_seconds: float = 0.0


def take(
    img_unique_id: str, storage: Storage, waited_for: bool, outage: Outage | None
) -> Claim | None:
    """Claim an upload; None if it is gone, has ended, or ends here, as with an outage it does."""
    upload = _locked(img_unique_id)
    if upload is None or upload.status not in (Status.QUEUED, Status.PROCESSING):
        db.session.rollback()
        return None
    if upload.status == Status.PROCESSING:
        # The run before this one ended without a word.
        upload.interruptions += 1
    claim = None
    if upload.interruptions >= MAX_INTERRUPTIONS:
        _end(
            upload,
            f"The inspection was interrupted {MAX_INTERRUPTIONS} times: its worker or "
            "the database died each time. Look at error.log, then retry.",
            "interrupted",
        )
    elif outage is not None:
        _end(upload, outage.error, outage.error_code)
    elif upload.input_image_path is None:
        _end(upload, "The upload has no stored input image.", "input_lost")
    else:
        queued_seconds = max(0.0, (datetime.now(UTC) - upload.updated_at).total_seconds())
        upload.status = Status.PROCESSING
        upload.attempts += 1
        upload.updated_at = func.now()
        path = storage.absolute(upload.input_image_path)
        claim = Claim(img_unique_id, upload.attempts, path, waited_for, queued_seconds)
    db.session.commit()
    return claim


def _locked(img_unique_id: str) -> Upload | None:
    return db.session.scalar(
        select(Upload)
        .where(Upload.img_unique_id == img_unique_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def still_held(claim: Claim) -> Upload | None:
    """Lock the upload of a claim; None if it was deleted or claimed anew meanwhile."""
    upload = _locked(claim.img_unique_id)
    if upload is None or upload.status != Status.PROCESSING or upload.attempts != claim.attempt:
        db.session.rollback()
        log.warning("%s was taken over or deleted; its result is dropped", claim.img_unique_id)
        return None
    return upload


def _end(upload: Upload, error: str, code: str) -> None:
    upload.status = Status.FAILED
    upload.error, upload.error_code = error, code
    upload.updated_at = func.now()
    notify_ended(upload)
    meters().inspections.labels("failed").inc()
    log.warning(
        "inspection of %s failed: %s",
        upload.img_unique_id,
        error,
        extra={"img_unique_id": upload.img_unique_id, "error_code": code},
    )


def put_back(claim: Claim, reason: str, code: str) -> None:
    """Queue the upload again and raise Postponed; fail it where that was done often enough."""
    upload = still_held(claim)
    if upload is None:
        return
    upload.postponements += 1
    if upload.postponements > MAX_POSTPONEMENTS:
        _end(upload, reason, code)
        db.session.commit()
        return
    upload.status = Status.QUEUED
    upload.updated_at = func.now()
    db.session.commit()
    meters().inspections.labels("postponed").inc()
    raise Postponed(reason)


def fail(claim: Claim, error: str, code: str) -> None:
    """End a claimed upload as failed, unless it was taken over."""
    if upload := still_held(claim):
        _end(upload, error, code)
        db.session.commit()

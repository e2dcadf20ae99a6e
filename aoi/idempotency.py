"""Idempotency keys: the same key and bytes again answer what the first got."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import update

from aoi.exceptions import Conflict, NotFound, Unprocessable
from aoi.extensions import db
from aoi.models import IdempotencyKey, Status, Upload

MAX_KEY_CHARACTERS = 255
OTHER_REQUEST = (
    "This Idempotency-Key was used before with other bytes. Use a new key for each new request."
)
UNDER_WAY = (
    "The first request with this Idempotency-Key is still under way. "
    "Wait for its answer, or ask again in a few seconds."
)
UNFINISHED = (Status.QUEUED, Status.PROCESSING)


def find(key: str, fingerprint: str) -> IdempotencyKey | None:
    """Return what a key stands for, or None; raise Unprocessable if it came with other bytes."""
    known = db.session.get(IdempotencyKey, key, populate_existing=True)
    if known is not None and known.fingerprint != fingerprint:
        raise Unprocessable(OTHER_REQUEST)
    return known


def upload_of(known: IdempotencyKey) -> Upload:
    """Return the upload of a key; raise Conflict while its first request still waits for it."""
    if known.img_unique_id is None:
        raise Unprocessable(OTHER_REQUEST)
    upload = db.session.get(Upload, known.img_unique_id, populate_existing=True)
    if upload is None:
        raise NotFound("The upload of this Idempotency-Key has been deleted meanwhile.")
    if upload.status in UNFINISHED and is_held(known):
        raise Conflict(UNDER_WAY)
    return upload


def is_held(known: IdempotencyKey) -> bool:
    """Tell whether the first request may still be waiting for its answer."""
    return known.held_until is not None and known.held_until > datetime.now(UTC)


def keep(key: str, fingerprint: str, hold_seconds: float, **target: str) -> None:
    """Add a key to the session's transaction; IntegrityError if another came first.

    `target` is the `img_unique_id` or the `batch_id` that it stands for.
    """
    held_until = datetime.now(UTC) + timedelta(seconds=hold_seconds) if hold_seconds else None
    db.session.add(
        IdempotencyKey(key=key, fingerprint=fingerprint, held_until=held_until, **target)
    )
    db.session.flush()


def release(key: str) -> None:
    """Note that the first request has its answer."""
    db.session.execute(
        update(IdempotencyKey).where(IdempotencyKey.key == key).values(held_until=None)
    )
    db.session.commit()

"""Take in the files of one batch call: each on its own as it arrives, all committed together."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import BoundedSemaphore, Lock
from time import sleep

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from aoi import idempotency
from aoi.decoding import bulk_decoders
from aoi.exceptions import (
    BatchRefused,
    BatchTooLarge,
    Conflict,
    ImageRefused,
    NotFound,
    Unprocessable,
)
from aoi.extensions import db
from aoi.ids import new_id
from aoi.intake import Intake, Received
from aoi.jobs import defer_batch
from aoi.models import Batch, IdempotencyKey, Status, Upload

# Files that may be checked at a time, in a call: enough to keep two cores busy while receiving.
CHECKERS = 2
# A file that is refused costs no image's time. Those of all calls of a process come one after the
# other, so that a flood of them does not take the processors.
REJECTION_SECONDS = 0.005
_rejecting = Lock()
# Files that may wait for it: the sender is slowed rather than memory or handles filled.
PENDING = 4


@dataclass
class BatchCall:
    """One call of POST /upload/batch. Use as a context: what is not committed is taken back."""

    intake: Intake
    batch_id: str | None = None
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(CHECKERS))
    _room: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(PENDING))
    _stored: list[Future[Upload]] = field(default_factory=list)
    _fingerprint: hashlib._Hash = field(default_factory=hashlib.sha256)
    _files_stay: bool = False

    def __enter__(self) -> BatchCall:
        if self.batch_id is not None and db.session.get(Batch, self.batch_id) is None:
            raise NotFound(f"There is no batch {self.batch_id}. Begin one without batch_id.")
        self.intake.crowding.require_place()
        # Receiving may take minutes: no connection is held meanwhile.
        db.session.close()
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=True)
        if not self._files_stay:
            for stored in self._stored:
                # Of a rejected one nothing was kept.
                if not stored.exception() and stored.result().status == Status.QUEUED:
                    self.intake.discard(stored.result())

    def receive(self, files: Iterable[Received]) -> None:
        """Check and store the files while more arrive; raise BatchTooLarge past the limit."""
        limit = self.intake.settings.max_batch_size
        for received in files:
            if len(self._stored) >= limit:
                received.file.discard()
                raise BatchTooLarge(too_many(limit))
            self._fingerprint.update(f"{received.file.sha256} {received.name}\n".encode())
            self._room.acquire()
            self._stored.append(self._pool.submit(self._store, received))

    def _store(self, received: Received) -> Upload:
        try:
            return self.intake.store(received, bulk_decoders)
        except ImageRefused as err:
            with _rejecting:
                sleep(REJECTION_SECONDS)
            return rejected(received, err.message)
        finally:
            received.file.discard()
            self._room.release()

    def commit(self, key: str | None, hold_seconds: float) -> tuple[str, bool]:
        """Commit all files of the call and their jobs; return the batch's id, and if it is new.

        Raises BatchRefused if not one file is acceptable, NotFound, BatchTooLarge.
        """
        uploads = [stored.result() for stored in self._stored]
        fingerprint = self._fingerprint.hexdigest()
        if key and (known := idempotency.find(key, fingerprint)):
            return batch_of(known), False
        if not any(upload.status == Status.QUEUED for upload in uploads):
            raise BatchRefused({upload.original_filename: [upload.error] for upload in uploads})
        try:
            batch_id, position = self._locked_batch(len(uploads))
            for number, upload in enumerate(uploads, position + 1):
                upload.batch_id, upload.position = batch_id, number
            db.session.add_all(uploads)
            db.session.flush()
            if key:
                idempotency.keep(key, fingerprint, hold_seconds, batch_id=batch_id)
            defer_batch([upload for upload in uploads if upload.status == Status.QUEUED])
        except IntegrityError:
            db.session.rollback()
            if key and (known := idempotency.find(key, fingerprint)):
                return batch_of(known), False
            raise
        # Were the connection lost in the commit, the rows may stand all the same.
        self._files_stay = True
        db.session.commit()
        return batch_id, True

    def _locked_batch(self, adding: int) -> tuple[str, int]:
        """Return the batch's id and last position; locked, so that calls do not interleave."""
        if self.batch_id is None:
            batch = Batch(batch_id=new_id())
            db.session.add(batch)
            db.session.flush()
            return batch.batch_id, 0
        query = select(Batch).where(Batch.batch_id == self.batch_id).with_for_update()
        if db.session.scalar(query) is None:
            raise NotFound(f"The batch {self.batch_id} was deleted meanwhile.")
        count, last = db.session.execute(
            select(func.count(), func.coalesce(func.max(Upload.position), 0)).where(
                Upload.batch_id == self.batch_id
            )
        ).one()
        limit = self.intake.settings.max_batch_size
        if count + adding > limit:
            db.session.rollback()
            raise BatchTooLarge(too_many(limit))
        return self.batch_id, int(last or 0)


def rejected(received: Received, error: str) -> Upload:
    """Make the row that tells of a refused file; its id names nothing on the disk."""
    moment = datetime.now(UTC)
    return Upload(
        img_unique_id=new_id(moment),
        original_filename=received.name,
        size_bytes=received.file.size,
        status=Status.REJECTED,
        error=error,
        created_at=moment,
        updated_at=moment,
    )


def batch_of(known: IdempotencyKey) -> str:
    """Return the batch of a key; raise Conflict while its first request is being answered."""
    if known.batch_id is None:
        raise Unprocessable(idempotency.OTHER_REQUEST)
    if idempotency.is_held(known):
        raise Conflict(idempotency.UNDER_WAY)
    return known.batch_id


def too_many(limit: int) -> str:
    return f"A batch holds at most {limit} files. Send the others as another batch."

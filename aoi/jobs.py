"""The job queue in PostgreSQL: the `inspect` job, and how it gets into the queue."""

from __future__ import annotations

from collections.abc import Sequence

from procrastinate import App, RetryStrategy
from procrastinate.contrib.sqlalchemy import SQLAlchemyPsycopg2Connector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Job
from procrastinate.retry import RetryValue
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from aoi import inspection
from aoi.exceptions import Postponed, StorageFull
from aoi.extensions import db
from aoi.logs import request_id
from aoi.models import Upload

queue = App(connector=SQLAlchemyPsycopg2Connector())

# Somebody waits for these, so they overtake, and fail at once when SegFormer is away.
WAITED_FOR = "waited-for"
# These wait for SegFormer; while it is known to be away they are not even fetched.
BACKGROUND = "background"
# Above that of any place in a batch.
TOP_PRIORITY = 1_000_000

# A fault of our own database or disk, or of SegFormer as a whole, says nothing of the image.
RETRY: RetryValue = RetryStrategy(
    wait=2, retry_exceptions={SQLAlchemyError, ConnectorException, StorageFull, Postponed}
)


@queue.task(name="inspect", queue=BACKGROUND, retry=RETRY)
def inspect(
    img_unique_id: str, origin_request_id: str | None = None, waited_for: bool = False
) -> None:
    """Inspect one upload; runs in a worker thread, inside an application context."""
    token = request_id.set(origin_request_id)
    try:
        inspection.run(img_unique_id, waited_for)
    finally:
        request_id.reset(token)


def defer_inspection(upload: Upload, waited_for: bool = False) -> None:
    """Queue an inspection as part of the session's transaction; twice is once."""
    _defer([upload], TOP_PRIORITY, waited_for)


def defer_batch(uploads: Sequence[Upload]) -> None:
    """Queue the inspections of a batch as part of the session's transaction.

    The further down an image is in its batch, the later its turn: so batches interleave, and
    a short one does not wait for a long one.
    """
    _defer(uploads, None, False)


def _defer(uploads: Sequence[Upload], priority: int | None, waited_for: bool) -> None:
    if not uploads:
        return
    jobs = [
        Job(
            id=None,
            task_name=inspect.name,
            queue=WAITED_FOR if waited_for else BACKGROUND,
            lock=None,
            queueing_lock=upload.img_unique_id,
            priority=-(upload.position or 0) if priority is None else priority,
            task_kwargs={
                "img_unique_id": upload.img_unique_id,
                "origin_request_id": request_id.get(),
                "waited_for": waited_for,
            },
        )
        for upload in uploads
    ]
    try:
        with db.session.begin_nested():
            queue.job_manager.batch_defer_jobs(jobs, connection=db.session.connection())
    except AlreadyEnqueued:
        # One of them was queued already: the rest need theirs all the same.
        if len(uploads) > 1:
            for upload in uploads:
                _defer([upload], priority, waited_for)


# Uploads that wait for an inspection although no job is left that would do it.
WITHOUT_JOB = text(
    """
    SELECT img_unique_id FROM uploads AS upload
     WHERE status IN ('queued', 'processing')
       AND updated_at < now() - make_interval(secs => :idle_seconds)
       AND NOT EXISTS (
           SELECT 1 FROM procrastinate_jobs AS job
            WHERE job.status IN ('todo', 'doing') AND job.queueing_lock = upload.img_unique_id)
     ORDER BY created_at
     LIMIT 1000
    """
)


def requeue_forgotten(idle_seconds: float = 30) -> int:
    """Queue again what waits without a job; return how many were found."""
    ids = db.session.scalars(WITHOUT_JOB, {"idle_seconds": idle_seconds}).all()
    defer_batch(db.session.scalars(select(Upload).where(Upload.img_unique_id.in_(ids))).all())
    db.session.commit()
    return len(ids)

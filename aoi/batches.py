"""What can be asked of, and done with, a batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, select, text

from aoi.access import audit
from aoi.exceptions import Conflict, NotFound
from aoi.extensions import db
from aoi.jobs import defer_batch
from aoi.models import Batch, Status, Upload
from aoi.paging import Cursors, Page, Pager
from aoi.removal import Doomed, delete_rows, remove_files
from aoi.storage import Storage
from aoi.uploads import UNFINISHED, queue_again

DEFECTS_BY_CLASS = text(
    """
    SELECT batch_id, entry.key, sum(entry.value::integer)
      FROM uploads CROSS JOIN LATERAL json_each_text(defect_classes) AS entry
     WHERE batch_id = ANY(:ids)
     GROUP BY batch_id, entry.key
     ORDER BY batch_id, min(position), entry.key
    """
)


@dataclass(frozen=True)
class BatchState:
    """A batch as its uploads make it; `results` are their rows, in order, or None in lists."""

    batch_id: str
    created_at: datetime
    counts: dict[str, int]
    defect_classes: dict[str, int]
    finished_at: datetime | None
    results: Sequence[Row[Any]] | None = None

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def is_done(self) -> bool:
        return not any(self.counts[state] for state in UNFINISHED)

    @property
    def progress(self) -> float:
        """The share that has ended, from 0 to 1."""
        ended = self.total - sum(self.counts[state] for state in UNFINISHED)
        return round(ended / self.total, 4) if self.total else 1.0


def get_batch(batch_id: str) -> BatchState:
    """Return a batch with its results, by one query; raise NotFound."""
    rows = db.session.execute(
        select(
            Batch.created_at.label("batch_created_at"),
            Upload.img_unique_id,
            Upload.position,
            Upload.original_filename,
            Upload.input_image_path,
            Upload.status,
            Upload.total_defects,
            Upload.defect_classes,
            Upload.processing_time_seconds,
            Upload.error,
            Upload.updated_at,
        )
        .select_from(Batch)
        .outerjoin(Upload, Upload.batch_id == Batch.batch_id)
        .where(Batch.batch_id == batch_id)
        .order_by(Upload.position)
    ).all()
    if not rows:
        raise NotFound(f"There is no batch {batch_id}.")
    # A batch whose uploads were all deleted comes as one row without any.
    uploads = [row for row in rows if row.img_unique_id is not None]
    defects: Counter[str] = Counter()
    for row in uploads:
        for name, count in (row.defect_classes or {}).items():
            defects[name] += count
    return _state(
        batch_id,
        rows[0].batch_created_at,
        Counter(row.status for row in uploads),
        dict(defects),
        max((row.updated_at for row in uploads), default=None),
        uploads,
    )


def result_record(row: Row[Any]) -> dict[str, Any]:
    """Return one file of a batch as the contract tells it; a rejected one has no id."""
    # By position, as in get_batch: by name, a thousand rows take ten times as long.
    _, unique_id, position, filename, _, status, total, classes, seconds, error, _ = tuple(row)
    return {
        "index": position,
        "filename": filename,
        "img_unique_id": None if status == Status.REJECTED else unique_id,
        "status": status,
        "total_defects": total,
        "defect_classes": classes,
        "processing_time_seconds": seconds,
        "error": error,
    }


def list_batches(arguments: dict[str, Any], secret: str) -> tuple[Page, list[BatchState]]:
    """Return a page of batches, newest first, without their results."""
    pager = Pager(Cursors(secret, "batches"), (Batch.created_at, Batch.batch_id))
    total = db.session.scalar(select(func.count()).select_from(Batch)) or 0
    page = pager.cut(select(Batch), total, arguments)
    ids = [row.Batch.batch_id for row in page.rows]
    grouped = db.session.execute(
        select(Upload.batch_id, Upload.status, func.count(), func.max(Upload.updated_at))
        .where(Upload.batch_id.in_(ids))
        .group_by(Upload.batch_id, Upload.status)
    ).all()
    defects = db.session.execute(DEFECTS_BY_CLASS, {"ids": ids}).all()
    counts: dict[str, Counter[str]] = {unique_id: Counter() for unique_id in ids}
    latest: dict[str, datetime] = {}
    for batch_id, status, count, moment in grouped:
        counts[str(batch_id)][status] = count
        latest[str(batch_id)] = max(moment, latest.get(str(batch_id), moment))
    classes: dict[str, dict[str, int]] = {unique_id: {} for unique_id in ids}
    for batch_id, name, count in defects:
        classes[batch_id][name] = int(count)
    return page, [
        _state(
            row.Batch.batch_id,
            row.Batch.created_at,
            counts[row.Batch.batch_id],
            classes[row.Batch.batch_id],
            latest.get(row.Batch.batch_id),
        )
        for row in page.rows
    ]


def has_ended(batch_id: str) -> bool:
    """Tell whether nothing of a batch is queued or processing any more."""
    return (
        db.session.scalar(
            select(Upload.img_unique_id)
            .where(Upload.batch_id == batch_id, Upload.status.in_(UNFINISHED))
            .limit(1)
        )
        is None
    )


def retry_batch(batch_id: str) -> None:
    """Queue all failed uploads of a batch again; raise NotFound."""
    _locked(batch_id)
    failed = db.session.scalars(
        select(Upload)
        .where(Upload.batch_id == batch_id, Upload.status == Status.FAILED)
        .order_by(Upload.position)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    for upload in failed:
        queue_again(upload)
    audit.record("batch.retry", batch_id)
    db.session.flush()
    defer_batch(failed)
    db.session.commit()


def delete_batch(batch_id: str, storage: Storage) -> None:
    """Delete a batch with rows and files; raise NotFound, or Conflict while it is under way."""
    _locked(batch_id)
    uploads = db.session.execute(
        select(Upload.img_unique_id, Upload.input_image_path, Upload.status)
        .where(Upload.batch_id == batch_id)
        .with_for_update()
    ).all()
    if any(upload.status in UNFINISHED for upload in uploads):
        db.session.rollback()
        raise Conflict("Images of this batch still wait or are being inspected. Delete it after.")
    delete_rows(Doomed(upload.img_unique_id, upload.input_image_path) for upload in uploads)
    db.session.execute(delete(Batch).where(Batch.batch_id == batch_id))
    audit.record("batch.delete", batch_id)
    db.session.commit()
    remove_files(storage, [upload.img_unique_id for upload in uploads])


def _locked(batch_id: str) -> None:
    query = select(Batch.batch_id).where(Batch.batch_id == batch_id).with_for_update()
    if db.session.scalar(query) is None:
        db.session.rollback()
        raise NotFound(f"There is no batch {batch_id}.")


def _state(
    batch_id: str,
    created_at: datetime,
    counts: Counter[str],
    defect_classes: dict[str, int],
    latest: datetime | None,
    results: Sequence[Row[Any]] | None = None,
) -> BatchState:
    whole = {state.value: counts[state] for state in Status}
    ended = not any(whole[state] for state in UNFINISHED)
    return BatchState(
        batch_id, created_at, whole, defect_classes, latest if ended else None, results
    )

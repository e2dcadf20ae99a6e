"""What can be asked of, and done with, an upload once it is in."""

from __future__ import annotations

from sqlalchemy import func, select

from aoi.access import audit
from aoi.exceptions import Conflict, NotFound
from aoi.extensions import db
from aoi.jobs import defer_inspection
from aoi.models import Status, Upload
from aoi.removal import Doomed, delete_rows, remove_files
from aoi.storage import Storage

UNFINISHED = (Status.QUEUED, Status.PROCESSING)


def get_upload(img_unique_id: str) -> Upload:
    """Return an upload as it stands now; raise NotFound."""
    upload = db.session.get(Upload, img_unique_id, populate_existing=True)
    if upload is None or upload.status == Status.REJECTED:
        raise NotFound(f"There is no upload {img_unique_id}.")
    return upload


def has_ended(img_unique_id: str) -> bool:
    """Tell whether an upload is neither queued nor processing any more."""
    query = select(Upload.status).where(Upload.img_unique_id == img_unique_id)
    return db.session.scalar(query) not in UNFINISHED


def retry_upload(img_unique_id: str) -> Upload:
    """Queue a failed upload again; raise NotFound, or Conflict unless it is failed."""
    upload = _locked(img_unique_id)
    if upload.status != Status.FAILED:
        raise Conflict(f"The upload is {upload.status}. Only a failed upload can be retried.")
    queue_again(upload)
    audit.record("upload.retry", img_unique_id)
    db.session.flush()
    defer_inspection(upload)
    db.session.commit()
    # Not read again: the caller is told what it did, whatever a worker has made of it since.
    return upload


def queue_again(upload: Upload) -> None:
    """Give a failed upload, locked by the caller, a fresh start; its job is the caller's."""
    upload.status = Status.QUEUED
    upload.error = upload.error_code = None
    upload.interruptions = upload.postponements = 0
    upload.updated_at = func.now()


def delete_upload(img_unique_id: str, storage: Storage) -> None:
    """Delete an upload with its rows and files; raise Conflict while it is being inspected."""
    upload = _locked(img_unique_id)
    if upload.status == Status.PROCESSING:
        raise Conflict(
            "The image is being inspected right now. Wait until it is done, then delete it."
        )
    delete_rows([Doomed(img_unique_id, upload.input_image_path)])
    audit.record("upload.delete", img_unique_id)
    db.session.commit()
    remove_files(storage, [img_unique_id])


def _locked(img_unique_id: str) -> Upload:
    upload = db.session.scalar(
        select(Upload)
        .where(Upload.img_unique_id == img_unique_id, Upload.status != Status.REJECTED)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if upload is None:
        db.session.rollback()
        raise NotFound(f"There is no upload {img_unique_id}.")
    return upload

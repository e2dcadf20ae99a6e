"""Take uploads away for good: their rows first, then their files, and no file is forgotten.

What is to be removed is written down in the transaction that deletes the rows. A process that
dies in between leaves that note, and the next prune, repair or start finishes its work.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import delete, insert, select

from aoi.durable import sync
from aoi.extensions import db
from aoi.models import Image, Removal, Upload
from aoi.storage import Storage

log = logging.getLogger(__name__)

# Notes taken up at a time, by one process of several.
TOGETHER = 100


class Doomed(NamedTuple):
    """What must be known of an upload to take it away."""

    img_unique_id: str
    input_image_path: str | None


@dataclass
class Removed:
    """The bytes of the files that are gone, and the uploads of which some could not be removed."""

    freed_bytes: int = 0
    left: list[str] = field(default_factory=list)


def delete_rows(uploads: Iterable[Doomed]) -> None:
    """Delete the rows of uploads that the caller has locked, and note their files.

    Commit next, then call `remove_files`.
    """
    notes = [upload._asdict() for upload in uploads]
    if not notes:
        return
    ids = [note["img_unique_id"] for note in notes]
    db.session.execute(insert(Removal), notes)
    db.session.execute(delete(Image).where(Image.img_unique_id.in_(ids)))
    # Last: its trigger makes all other results wait until the commit.
    db.session.execute(delete(Upload).where(Upload.img_unique_id.in_(ids)))


def remove_files(storage: Storage, ids: Collection[str] | None = None) -> Removed:
    """Remove the noted files, of these uploads or of all; notes in other hands are left alone.

    It ends the session's transaction. What cannot be removed keeps its note and is logged.
    """
    removed = Removed()
    if not storage.is_there:
        log.warning("%s has no folder uploads: no file is removed now", storage.root)
        return removed
    while notes := _taken(ids, removed.left):
        gone = [note.img_unique_id for note in notes if _remove(note, storage, removed)]
        _sync_folders(gone, storage)
        db.session.execute(delete(Removal).where(Removal.img_unique_id.in_(gone)))
        db.session.commit()
    db.session.rollback()
    return removed


def stored_bytes(storage: Storage, unique_id: str, input_path: str | None) -> int:
    """Return the size of all files of one image."""
    size = 0
    for path in _files(storage, unique_id, input_path):
        with suppress(FileNotFoundError):
            size += path.stat().st_size
    return size


def _taken(ids: Collection[str] | None, left: Collection[str]) -> Sequence[Removal]:
    query = select(Removal).where(Removal.img_unique_id.not_in(left))
    if ids is not None:
        query = query.where(Removal.img_unique_id.in_(ids))
    return db.session.scalars(
        query.order_by(Removal.img_unique_id).limit(TOGETHER).with_for_update(skip_locked=True)
    ).all()


def _remove(note: Removal, storage: Storage, removed: Removed) -> bool:
    unique_id, input_path = note.img_unique_id, note.input_image_path
    try:
        size = stored_bytes(storage, unique_id, input_path)
        storage.delete(unique_id, input_path)
        remaining = next(_files(storage, unique_id, input_path), None)
        reason = f"{remaining} is still there" if remaining else None
    except OSError as err:
        reason = str(err.strerror)
    if reason is not None:
        log.error("files of %s, which was deleted, cannot be removed: %s", unique_id, reason)
        removed.left.append(unique_id)
        return False
    removed.freed_bytes += size
    return True


def _files(storage: Storage, unique_id: str, input_path: str | None) -> Iterator[Path]:
    """Yield the files that one image has on the disk."""
    files = [
        storage.thumbnail_path(unique_id),
        storage.outlines_path(unique_id),
        storage.class_map_path(unique_id),
    ]
    if input_path:
        files.append(storage.absolute(input_path))
    results = storage.absolute(storage.result_folder(unique_id))
    for folder in (results, storage.tiles_folder(unique_id)):
        files.extend(folder.rglob("*"))
    yield from (path for path in files if path.is_file())


def _sync_folders(ids: Collection[str], storage: Storage) -> None:
    """Have the files stay gone after a power cut: their notes go next."""
    results = {storage.absolute(storage.result_folder(each)).parent for each in ids}
    days = {folder.name for folder in results}
    for folder in (*results, *(storage.root / "uploads" / day for day in days)):
        if folder.is_dir():
            sync(folder)

"""Old uploads and the batches that they leave empty, oldest first, in small transactions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, delete, exists, select, text, tuple_

from aoi.access import audit
from aoi.extensions import db
from aoi.models import Batch, Status, Upload
from aoi.removal import Doomed, Removed, delete_rows, remove_files, stored_bytes
from aoi.storage import Storage

# Uploads of one transaction: inspections wait for its last statement.
TOGETHER = 50
# Candidates read at a time.
PAGE = 1000
# A queued or processing upload is never old: its result is still to come.
ENDED = (Status.DONE, Status.FAILED, Status.REJECTED)


@dataclass(frozen=True)
class Terms:
    """What goes: all that came `before`; with `only_clean` just images without a defect."""

    before: datetime
    only_clean: bool = False


class Candidate(NamedTuple):
    """An upload as it was when it was looked for."""

    img_unique_id: str
    input_image_path: str | None
    status: str
    created_at: datetime


@dataclass
class Gone:
    """What went, or would go."""

    uploads: Counter[str] = field(default_factory=Counter)
    batches: int = 0
    removed: Removed = field(default_factory=Removed)


def take_away(terms: Terms, storage: Storage) -> Iterator[Gone]:
    """Delete what the terms name; yield the sum so far after each transaction.

    What another process holds, an inspection or a retry, is passed over.
    """
    gone = Gone()
    for page in _pages(terms):
        for start in range(0, len(page), TOGETHER):
            ids = [each.img_unique_id for each in page[start : start + TOGETHER]]
            _delete(ids, terms, storage, gone)
            yield gone
    while deleted := _delete_empty_batches(terms):
        gone.batches += deleted
        yield gone


def foresee(terms: Terms, storage: Storage) -> Gone:
    """Return what `take_away` would do now, and change nothing."""
    gone = Gone()
    for page in _pages(terms):
        for each in page:
            gone.uploads[each.status] += 1
            gone.removed.freed_bytes += stored_bytes(
                storage, each.img_unique_id, each.input_image_path
            )
    gone.batches = _count_emptied_batches(terms)
    return gone


def _delete(ids: list[str], terms: Terms, storage: Storage, gone: Gone) -> None:
    # PostgreSQL checks the conditions again on the row as it is once it is locked.
    held = db.session.execute(
        select(Upload.img_unique_id, Upload.input_image_path, Upload.status)
        .where(Upload.img_unique_id.in_(ids), *_conditions(terms))
        .with_for_update(skip_locked=True)
    ).all()
    delete_rows(Doomed(each.img_unique_id, each.input_image_path) for each in held)
    for each in held:
        audit.record("upload.delete", each.img_unique_id)
    db.session.commit()
    removed = remove_files(storage, [each.img_unique_id for each in held])
    gone.uploads.update(each.status for each in held)
    gone.removed.freed_bytes += removed.freed_bytes
    gone.removed.left += removed.left


def _conditions(terms: Terms) -> list[ColumnElement[bool]]:
    conditions = [Upload.created_at < terms.before]
    if terms.only_clean:
        return [*conditions, Upload.status == Status.DONE, Upload.total_defects == 0]
    return [*conditions, Upload.status.in_(ENDED)]


def _pages(terms: Terms) -> Iterator[list[Candidate]]:
    query: Any = (
        select(Upload.img_unique_id, Upload.input_image_path, Upload.status, Upload.created_at)
        .where(*_conditions(terms))
        .order_by(Upload.created_at, Upload.img_unique_id)
        .limit(PAGE)
    )
    after: Any = query
    while page := _read(after):
        yield page
        last = page[-1]
        after = query.where(
            tuple_(Upload.created_at, Upload.img_unique_id)
            > tuple_(last.created_at, last.img_unique_id)
        )


def _read(query: Any) -> list[Candidate]:
    # Among millions that are kept, a thousand clean ones may be long to find.
    db.session.execute(text("SET LOCAL statement_timeout = 0"))
    page = [Candidate(*row) for row in db.session.execute(query)]
    db.session.rollback()
    return page


def _is_empty() -> ColumnElement[bool]:
    return ~exists().where(Upload.batch_id == Batch.batch_id)


def _delete_empty_batches(terms: Terms) -> int:
    """Delete some old batches that have no uploads; return how many."""
    old_and_empty = select(Batch.batch_id).where(Batch.created_at < terms.before, _is_empty())
    held = db.session.scalars(
        old_and_empty.limit(PAGE).with_for_update(skip_locked=True, of=Batch)
    ).all()
    # A statement of its own: it sees what was added while the lock was waited for.
    deleted = db.session.scalars(
        delete(Batch).where(Batch.batch_id.in_(held), _is_empty()).returning(Batch.batch_id)
    ).all()
    db.session.commit()
    return len(deleted)


def _count_emptied_batches(terms: Terms) -> int:
    """Count the old batches of which nothing would stay."""
    stays = exists().where(Upload.batch_id == Batch.batch_id, ~_all_of(terms))
    query = select(Batch.batch_id).where(Batch.created_at < terms.before, ~stays)
    db.session.execute(text("SET LOCAL statement_timeout = 0"))
    count = len(db.session.scalars(query).all())
    db.session.rollback()
    return count


def _all_of(terms: Terms) -> ColumnElement[bool]:
    first, *others = _conditions(terms)
    for other in others:
        first = first & other
    return first

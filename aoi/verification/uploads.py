"""Confirm what seems wrong with uploads, and mend it there and then under the row's lock."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import delete

from aoi.exceptions import ImageRefused, StorageFull
from aoi.extensions import db
from aoi.imaging import check_image
from aoi.jobs import defer_batch
from aoi.models import Image, Status, Upload
from aoi.recording import set_counts
from aoi.storage import Storage
from aoi.uploads import queue_again
from aoi.verification import records
from aoi.verification.checks import Examination, Fault, examine, input_is_whole
from aoi.verification.findings import MEANINGS, TOO_MANY, Finding, Kind, Report
from aoi.verification.records import Record
from aoi.verification.terms import Terms

# These all end the same way: the result is given up and made anew.
INSPECTED_AGAIN = frozenset(
    {Kind.DONE_WITHOUT_IMAGE, Kind.REGIONS_MISSING, Kind.RESULT_MISSING, Kind.RESULT_DAMAGED}
)


OF_FILES = frozenset(
    {
        Kind.INPUT_MISSING,
        Kind.INPUT_DAMAGED,
        Kind.RESULT_MISSING,
        Kind.RESULT_DAMAGED,
        Kind.THUMBNAIL_MISSING,
    }
)


@dataclass
class Mender:
    """Turns suspicions into findings, mended where the terms and the facts allow it."""

    storage: Storage
    terms: Terms
    report: Report

    def confirm(self, suspected: Sequence[tuple[Record, Examination]]) -> None:
        """Report what still holds of what was suspected, mended where it can be."""
        plain = {
            record.img_unique_id: record
            for record, found in suspected
            if self._is_plain(found.kinds)
        }
        # One look for many: a data folder that is not there brings all of its images here.
        unchanged = records.unchanged(plain.values())
        for record, found in suspected:
            if record.img_unique_id not in plain:
                self._confirm_locked(record, found.kinds)
            elif record.img_unique_id in unchanged:
                for fault in found.faults:
                    self.report.add(self._told(fault, record.img_unique_id))

    def _is_plain(self, kinds: set[Kind]) -> bool:
        """Tell whether these are of files alone, and nothing can be mended.

        Files go after their row, and are replaced in an attempt of its own: they were missing
        indeed if afterwards the row is there as before.
        """
        return kinds <= OF_FILES and not any(self._may_mend(kind) for kind in kinds)

    def _may_mend(self, kind: Kind) -> bool:
        mendable = self.terms.repair and MEANINGS[kind].repair is not None
        return mendable and not self.terms.is_withheld(kind, self.report)

    def _told(self, fault: Fault, subject: str) -> Finding:
        left = None
        if self.terms.is_withheld(fault.kind, self.report):
            left = TOO_MANY
        elif self.terms.repair:
            left = MEANINGS[fault.kind].advice.format(img_unique_id=subject)
        return Finding(fault.kind, subject, fault.detail, left=left)

    def _confirm_locked(self, record: Record, suspected: set[Kind]) -> None:
        """Look again under the row's lock; what still holds is mended and reported.

        All repairs of one upload are one transaction: interrupted, none of them has happened.
        """
        thumbnail = None
        if self.terms.repair and Kind.THUMBNAIL_MISSING in suspected:
            # Decoding takes long, so it is done before the lock is taken.
            thumbnail = self._thumbnail(record)
        try:
            for finding in self._confirmed(record.img_unique_id, thumbnail):
                self.report.add(finding)
        finally:
            db.session.close()

    def _confirmed(self, img_unique_id: str, thumbnail: bytes | None) -> list[Finding]:
        upload = records.lock(img_unique_id)
        if upload is None or upload.status == Status.REJECTED:
            return []
        record = records.read_one(img_unique_id, self.terms.full)
        if record is None:
            return []
        faults = examine(record, self.storage, self.terms).faults
        if not self.terms.repair:
            return [Finding(fault.kind, img_unique_id, fault.detail) for fault in faults]
        repairs = _Repairs(self.storage, upload, record, thumbnail)
        findings = [self._mended(fault, repairs) for fault in faults]
        db.session.commit()
        return findings

    def _mended(self, fault: Fault, repairs: _Repairs) -> Finding:
        subject = repairs.record.img_unique_id
        if self.terms.is_withheld(fault.kind, self.report):
            return Finding(fault.kind, subject, fault.detail, left=TOO_MANY)
        try:
            mended = repairs.make(fault.kind)
        except StorageFull as err:
            return Finding(fault.kind, subject, fault.detail, left=err.message)
        except OSError as err:
            because = f"It cannot be mended: {err.strerror}."
            return Finding(fault.kind, subject, fault.detail, left=because)
        left = None if mended else MEANINGS[fault.kind].advice.format(img_unique_id=subject)
        return Finding(fault.kind, subject, fault.detail, mended, left)

    def _thumbnail(self, record: Record) -> bytes | None:
        path = self.storage.absolute(record.input_image_path or "")
        try:
            # It was within the limits when it came in.
            return check_image(path, path.name, sys.maxsize).thumbnail
        except (ImageRefused, OSError):
            return None


class _Repairs:
    """The repairs of one upload, whose row the caller has locked and will commit."""

    def __init__(
        self, storage: Storage, upload: Upload, record: Record, thumbnail: bytes | None
    ) -> None:
        self.record = record
        self._storage = storage
        self._upload = upload
        self._thumbnail = thumbnail
        self._inspected_again: bool | None = None
        self._by_kind: dict[Kind, Callable[[], bool]] = {
            Kind.WITHOUT_JOB: self._queue_job,
            Kind.UNFINISHED_WITH_IMAGE: self._drop_rows,
            Kind.COUNTS_WRONG: self._count_again,
            Kind.THUMBNAIL_MISSING: self._keep_thumbnail,
            **dict.fromkeys(INSPECTED_AGAIN, self._inspect_again),
        }

    def make(self, kind: Kind) -> bool:
        """Mend one kind of fault; tell whether it is mended."""
        repair = self._by_kind.get(kind)
        return repair is not None and repair()

    def _queue_job(self) -> bool:
        defer_batch([self._upload])
        return True

    def _drop_rows(self) -> bool:
        # Its classes and regions go with it. The files are replaced by the inspection to
        # come, or, of a failed upload, found as orphans and kept.
        db.session.execute(delete(Image).where(Image.img_unique_id == self.record.img_unique_id))
        return True

    def _inspect_again(self) -> bool:
        if self._inspected_again is None:
            self._inspected_again = input_is_whole(self.record, self._storage)
            if self._inspected_again:
                self._drop_rows()
                queue_again(self._upload)
                self._clear_result()
                db.session.flush()
                defer_batch([self._upload])
        return self._inspected_again

    def _clear_result(self) -> None:
        upload = self._upload
        upload.total_defects = upload.defect_classes = upload.processing_time_seconds = None
        upload.class_totals = upload.model_version = None

    def _count_again(self) -> bool:
        # Where it is inspected again, the new result brings its own counts.
        if not self._inspected_again:
            set_counts(self._upload, self.record.counted)
        return True

    def _keep_thumbnail(self) -> bool:
        if self._thumbnail is None:
            return False
        self._storage.keep_thumbnail(self.record.img_unique_id, self._thumbnail)
        return True

"""Hold one upload's rows against each other and against its files."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

from aoi.models import Status
from aoi.recording import counts
from aoi.storage import RESULT_SUFFIXES, Storage
from aoi.verification.findings import Kind
from aoi.verification.records import Record
from aoi.verification.terms import Terms
from aoi.wholeness import PNG_SIGNATURE, png_is_whole


@dataclass(frozen=True)
class Fault:
    """One thing that seems wrong with an upload."""

    kind: Kind
    detail: str


@dataclass
class Examination:
    """What looking at one upload brought."""

    faults: list[Fault] = field(default_factory=list)
    files: int = 0
    bytes_read: int = 0

    def add(self, kind: Kind, detail: str) -> None:
        self.faults.append(Fault(kind, detail))

    @property
    def kinds(self) -> set[Kind]:
        return {fault.kind for fault in self.faults}


def examine(record: Record, storage: Storage, terms: Terms) -> Examination:
    """Look at the rows and files of one upload; the full form also reads the files."""
    found = Examination()
    _examine_input(found, record, storage, terms.full)
    if record.status == Status.DONE:
        if record.has_image:
            _examine_counts(found, record)
            _examine_results(found, record, storage, terms.full)
        else:
            found.add(Kind.DONE_WITHOUT_IMAGE, "It is done, but the table images has no row of it.")
    else:
        _examine_waiting(found, record, terms)
    return found


def input_is_whole(record: Record, storage: Storage) -> bool:
    """Tell whether the stored input is what was received, byte for byte."""
    found = Examination()
    _examine_input(found, record, storage, full=True)
    return not found.kinds - {Kind.THUMBNAIL_MISSING}


def _examine_input(found: Examination, record: Record, storage: Storage, full: bool) -> None:
    if record.input_image_path is None:
        found.add(Kind.INPUT_MISSING, "Its row names no input.")
        return
    path, name = storage.absolute(record.input_image_path), record.input_image_path
    found.files += 1
    try:
        size = path.stat().st_size
        if size != record.size_bytes:
            found.add(
                Kind.INPUT_DAMAGED, f"{name} has {size} bytes; {record.size_bytes} were received."
            )
        elif full:
            found.bytes_read += size
            if _sha256(path) != record.sha256:
                found.add(Kind.INPUT_DAMAGED, f"{name} has other bytes than were received.")
        found.files += 1
        if not storage.thumbnail_path(record.img_unique_id).exists():
            found.add(Kind.THUMBNAIL_MISSING, "Its thumbnail is not there.")
    except FileNotFoundError:
        found.add(Kind.INPUT_MISSING, f"{name} is not there.")
    except OSError as err:
        found.add(Kind.INPUT_DAMAGED, f"{name} cannot be read: {err.strerror}.")


def _sha256(path: Path) -> str:
    with path.open("rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _examine_counts(found: Examination, record: Record) -> None:
    if not record.counts_are_right:
        total, by_class, _ = counts(record.counted)
        found.add(
            Kind.COUNTS_WRONG,
            f"Its upload says {record.total_defects} defects {record.defect_classes}, "
            f"its classes {total} {by_class}.",
        )
    if record.missing_regions:
        found.add(
            Kind.REGIONS_MISSING,
            f"Its classes and the table regions differ by {record.missing_regions} regions.",
        )


def _examine_results(found: Examination, record: Record, storage: Storage, full: bool) -> None:
    for kind in RESULT_SUFFIXES:
        name = storage.result_path(record.img_unique_id, kind)
        found.files += 1
        try:
            path = storage.absolute(name)
            if path.stat().st_size == 0:
                found.add(Kind.RESULT_MISSING, f"{name} is empty.")
            elif full:
                data = path.read_bytes()
                found.bytes_read += len(data)
                if not _is_whole(kind, data):
                    found.add(Kind.RESULT_DAMAGED, f"{name} is damaged or cut short.")
        except FileNotFoundError:
            found.add(Kind.RESULT_MISSING, f"{name} is not there.")
        except OSError as err:
            found.add(Kind.RESULT_DAMAGED, f"{name} cannot be read: {err.strerror}.")


def _is_whole(kind: str, data: bytes) -> bool:
    if kind != "analysis":
        return data.startswith(PNG_SIGNATURE) and png_is_whole(memoryview(data))
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return False
    return True


def _examine_waiting(found: Examination, record: Record, terms: Terms) -> None:
    if record.has_image:
        found.add(
            Kind.UNFINISHED_WITH_IMAGE,
            f"It is {record.status}, but the table images has a row of it.",
        )
    if not record.is_unfinished:
        return
    if not record.has_job:
        found.add(Kind.WITHOUT_JOB, f"It is {record.status}, but no job is queued or running.")
    elif record.status == Status.PROCESSING and record.seconds_unchanged > terms.stuck_seconds:
        minutes = record.seconds_unchanged / 60
        found.add(Kind.STUCK, f"It has been in inspection for {minutes:.0f} minutes.")

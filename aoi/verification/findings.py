"""What can be wrong, what to do about each, and the report of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

EXAMPLES = 20


class Kind(StrEnum):
    """The kinds of findings, in the order they are told."""

    INPUT_MISSING = "input_missing"
    INPUT_DAMAGED = "input_damaged"
    IMAGE_WITHOUT_UPLOAD = "image_without_upload"
    STUCK = "stuck"
    WITHOUT_JOB = "without_job"
    DONE_WITHOUT_IMAGE = "done_without_image"
    UNFINISHED_WITH_IMAGE = "unfinished_with_image"
    REGIONS_MISSING = "regions_missing"
    RESULT_MISSING = "result_missing"
    RESULT_DAMAGED = "result_damaged"
    COUNTS_WRONG = "counts_wrong"
    THUMBNAIL_MISSING = "thumbnail_missing"
    ORPHAN_INPUT = "orphan_input"
    ORPHAN_RESULT = "orphan_result"
    ORPHAN_THUMBNAIL = "orphan_thumbnail"
    LEFTOVER = "leftover"


@dataclass(frozen=True)
class Meaning:
    """A kind in plain English; `repair` is what --repair does, `advice` what a person can do."""

    title: str
    repair: str | None = None
    advice: str = "Look at error.log, then run this again."


_AGAIN = "The image is inspected again."
_INPUT_GONE = (
    "The input is not whole either: put it back from a backup, then run this again with --repair."
)
_BACKUP = (
    "Put the file back from a backup under this name, "
    "or delete the upload: DELETE /uploads/{img_unique_id}."
)
_MOVED = "It is moved to orphans/ in the data folder, never deleted."
_BY_HAND = "Move it out of the data folder by hand."

MEANINGS: dict[Kind, Meaning] = {
    Kind.INPUT_MISSING: Meaning("Input images that are not there", advice=_BACKUP),
    Kind.INPUT_DAMAGED: Meaning("Input images that are damaged", advice=_BACKUP),
    Kind.IMAGE_WITHOUT_UPLOAD: Meaning(
        "Results in the database without their upload",
        advice="Restore the table uploads from the same backup as the table images.",
    ),
    Kind.STUCK: Meaning(
        "Inspections that have not ended for long",
        advice="See that a worker is running (flask --app wsgi worker); restart it if it is.",
    ),
    Kind.WITHOUT_JOB: Meaning(
        "Uploads that wait although no job is queued for them", "The job is queued again."
    ),
    Kind.DONE_WITHOUT_IMAGE: Meaning(
        "Finished uploads without their result in the database", _AGAIN, _INPUT_GONE
    ),
    Kind.UNFINISHED_WITH_IMAGE: Meaning(
        "Results in the database of uploads that are not finished",
        "The rows of that result are removed; its files are kept in orphans/ or replaced.",
    ),
    Kind.REGIONS_MISSING: Meaning("Results in the database that lack regions", _AGAIN, _INPUT_GONE),
    Kind.RESULT_MISSING: Meaning("Result files that are not there or empty", _AGAIN, _INPUT_GONE),
    Kind.RESULT_DAMAGED: Meaning("Result files that are damaged", _AGAIN, _INPUT_GONE),
    Kind.COUNTS_WRONG: Meaning(
        "Defect counts of uploads that differ from their result", "They are counted again."
    ),
    Kind.THUMBNAIL_MISSING: Meaning(
        "Thumbnails that are not there",
        "They are made again.",
        "The input cannot be decoded: put it back from a backup.",
    ),
    Kind.ORPHAN_INPUT: Meaning("Input files that no row names", _MOVED, _BY_HAND),
    Kind.ORPHAN_RESULT: Meaning("Result files that no row names", _MOVED, _BY_HAND),
    Kind.ORPHAN_THUMBNAIL: Meaning("Thumbnails that no row names", _MOVED, _BY_HAND),
    Kind.LEFTOVER: Meaning(
        "Leftovers of uploads and inspections that were broken off",
        "They are removed: nobody was ever told of them.",
        "Remove it by hand.",
    ),
}

# What a wrong address or a disk that is not mounted would bring about by the thousand.
GUARDED = frozenset(
    {
        Kind.DONE_WITHOUT_IMAGE,
        Kind.REGIONS_MISSING,
        Kind.RESULT_MISSING,
        Kind.RESULT_DAMAGED,
        Kind.ORPHAN_INPUT,
        Kind.ORPHAN_RESULT,
        Kind.ORPHAN_THUMBNAIL,
    }
)
TOO_MANY = (
    "So many at once look like a wrong DATA_DIR or DATABASE_URL, or a disk that is not mounted. "
    "Check these; if they are right, run this again with --repair --many."
)


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with one image or file; `left` says why it was not mended."""

    kind: Kind
    subject: str
    detail: str
    mended: bool = False
    left: str | None = None


@dataclass
class Tally:
    """How often a kind was found and mended, and the first of them."""

    found: int = 0
    mended: int = 0
    first: list[Finding] = field(default_factory=list)


@dataclass
class Report:
    """What a run has looked at and found."""

    full: bool
    repair: bool
    uploads: int = 0
    files: int = 0
    bytes_read: int = 0
    seconds: float = 0.0
    tallies: dict[Kind, Tally] = field(default_factory=dict)

    @property
    def all_right(self) -> bool:
        """Whether nothing was wrong, or all of it is mended."""
        return all(tally.found == tally.mended for tally in self.tallies.values())

    @property
    def form(self) -> str:
        return "full" if self.full else "quick"

    def add(self, finding: Finding) -> None:
        tally = self.tallies.setdefault(finding.kind, Tally())
        tally.found += 1
        tally.mended += finding.mended
        if len(tally.first) < EXAMPLES:
            tally.first.append(finding)

    def found(self, kind: Kind) -> int:
        tally = self.tallies.get(kind)
        return tally.found if tally else 0

    def mended(self, kind: Kind) -> int:
        tally = self.tallies.get(kind)
        return tally.mended if tally else 0

    def document(self, examples: int = EXAMPLES) -> dict[str, Any]:
        """Return the report for machines."""
        return {
            "all_right": self.all_right,
            "form": self.form,
            "repair": self.repair,
            "uploads": self.uploads,
            "files": self.files,
            "bytes_read": self.bytes_read,
            "duration_seconds": round(self.seconds, 3),
            "findings": [self._told(kind, examples) for kind in Kind if kind in self.tallies],
        }

    def _told(self, kind: Kind, examples: int) -> dict[str, Any]:
        tally = self.tallies[kind]
        return {
            "kind": kind.value,
            "title": MEANINGS[kind].title,
            "found": tally.found,
            "mended": tally.mended,
            "first": [
                {
                    "subject": finding.subject,
                    "detail": finding.detail,
                    "mended": finding.mended,
                    "left": finding.left,
                }
                for finding in tally.first[:examples]
            ],
        }

"""One run: every row and its files, then every file and its row."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from flask import current_app

from aoi.config import Settings
from aoi.patience import longest_work
from aoi.removal import remove_files
from aoi.storage import Storage
from aoi.verification import records
from aoi.verification.checks import Examination, examine
from aoi.verification.findings import GUARDED, MEANINGS, Finding, Kind, Report
from aoi.verification.records import Record
from aoi.verification.strays import Sweeper
from aoi.verification.terms import Terms
from aoi.verification.uploads import Mender

log = logging.getLogger("aoi.verification")

# Reading and hashing run outside the interpreter's lock; more readers only make a disk seek.
READERS = 2
# Repairs of a guarded kind that are made unasked: a hundredth part of the images, within these.
LEAST_UNASKED, MOST_UNASKED = 10, 200
LOGGED_EXAMPLES = 3
# A job that takes twice as long as any can is not coming back by itself.
STUCK_FACTOR = 2.0


def verify(
    storage: Storage,
    *,
    full: bool,
    repair: bool,
    grace_seconds: float = 900,
    many: bool = False,
) -> Report:
    """Compare rows and files; the full form also reads every file. Call it in an app context.

    Files count as left behind when nobody has touched them for `grace_seconds`, received ones
    for 96 times as long. Without `many`, repairs that look like a wrong address or a missing
    disk are left alone. Safe while the product runs; it ends the session's transaction.
    """
    settings: Settings = current_app.config["AOI"]
    started = time.monotonic()
    if repair:
        # What a deletion that was broken off has left is no finding.
        remove_files(storage)
    stuck = STUCK_FACTOR * longest_work(settings)
    at_most, withheld = None, frozenset[Kind]()
    if repair and not many:
        look = Terms(full=False, repair=False, grace_seconds=grace_seconds, stuck_seconds=stuck)
        report = _run(storage, look)
        at_most = min(MOST_UNASKED, max(LEAST_UNASKED, report.uploads // 100))
        withheld = frozenset(kind for kind in GUARDED if report.found(kind) > at_most)
    if full or not repair or many or report.tallies:
        report = _run(storage, Terms(full, repair, grace_seconds, stuck, at_most, withheld))
    report.repair = repair
    report.seconds = time.monotonic() - started
    _log(report)
    return report


def _run(storage: Storage, terms: Terms) -> Report:
    report = Report(terms.full, terms.repair)
    mender = Mender(storage, terms, report)
    for batch in _examined(storage, terms):
        for _, found in batch:
            report.uploads += 1
            report.files += found.files
            report.bytes_read += found.bytes_read
        mender.confirm([(record, found) for record, found in batch if found.faults])
    for img_unique_id in records.images_without_upload():
        advice = MEANINGS[Kind.IMAGE_WITHOUT_UPLOAD].advice
        detail = "The table images has a row of it, the table uploads has none."
        report.add(
            Finding(
                Kind.IMAGE_WITHOUT_UPLOAD,
                img_unique_id,
                detail,
                left=advice if terms.repair else None,
            )
        )
    Sweeper(storage, terms, report).sweep()
    return report


def _examined(storage: Storage, terms: Terms) -> Iterator[list[tuple[Record, Examination]]]:
    """Yield all uploads, with what was seen of each."""
    with ThreadPoolExecutor(READERS, thread_name_prefix="verify") as readers:
        run = readers.map if terms.full else map
        for batch in records.batches(terms.full):
            found = run(lambda record: examine(record, storage, terms), batch)
            yield list(zip(batch, found, strict=True))


def _log(report: Report) -> None:
    document = report.document(LOGGED_EXAMPLES)
    found = sum(tally.found for tally in report.tallies.values())
    mended = sum(tally.mended for tally in report.tallies.values())
    log.log(
        logging.WARNING if found else logging.INFO,
        "verified %d uploads (%s): %s",
        report.uploads,
        report.form,
        f"{found} things were wrong, {mended} of them are mended" if found else "all is right",
        extra={"verification": document},
    )

"""One run of prune: what was left before, images, then all else."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import current_app

from aoi.config import Settings
from aoi.exceptions import Conflict
from aoi.models import Status
from aoi.removal import Removed, remove_files
from aoi.retention.images import Gone, Terms, foresee, take_away
from aoi.retention.tidying import Tidied, tidy
from aoi.storage import Storage

log = logging.getLogger("aoi.retention")


@dataclass
class Report:
    """What a run took away, or would take away."""

    dry_run: bool
    gone: Gone = field(default_factory=Gone)
    # Of deletions that were broken off before.
    finished: Removed = field(default_factory=Removed)
    tidied: Tidied = field(default_factory=Tidied)
    seconds: float = 0.0

    @property
    def left(self) -> set[str]:
        """The deleted uploads of which files could not be removed."""
        return {*self.gone.removed.left, *self.finished.left}

    @property
    def freed_bytes(self) -> int:
        images = self.gone.removed.freed_bytes + self.finished.freed_bytes
        return images + self.tidied.cache_bytes + self.tidied.log_bytes

    def document(self) -> dict[str, Any]:
        return {
            "dry_run": self.dry_run,
            "images": self.gone.uploads[Status.DONE],
            "failed_uploads": self.gone.uploads[Status.FAILED],
            "rejected_uploads": self.gone.uploads[Status.REJECTED],
            "batches": self.gone.batches,
            "idempotency_keys": self.tidied.keys,
            "cache_bytes": self.tidied.cache_bytes,
            "log_bytes": self.tidied.log_bytes,
            "freed_bytes": self.freed_bytes,
            "files_left": sorted(self.left),
            "seconds": round(self.seconds, 1),
        }


def prune(
    storage: Storage,
    terms: Terms | None,
    *,
    dry_run: bool = False,
    progress: Callable[[Gone], None] = lambda gone: None,
) -> Report:
    """Take away what is old; without terms no image goes. Call it in an app context.

    Raises Conflict where the data folder is not there.

    Safe while the product runs, and to be killed at any moment; it ends the session's transaction.
    """
    settings: Settings = current_app.config["AOI"]
    started = time.monotonic()
    report = Report(dry_run)
    if terms and not storage.is_there:
        # Rows would go and their files stay, on a disk that is not mounted.
        raise Conflict(
            f"{storage.root} has no folder uploads: the disk is not mounted, or DATA_DIR is wrong. "
            "Nothing was deleted."
        )
    if not dry_run:
        report.finished = remove_files(storage)
    if terms and dry_run:
        report.gone = foresee(terms, storage)
    elif terms:
        for report.gone in take_away(terms, storage):
            progress(report.gone)
    report.tidied = tidy(
        storage,
        current_app.extensions["aoi_tiles"],
        settings.log_dir,
        terms.before if terms else None,
        dry_run,
    )
    report.seconds = time.monotonic() - started
    log.info("pruned", extra={"retention": report.document()})
    return report

"""What a run is to do, and how old something must be before it counts as left behind."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

from aoi.verification.findings import GUARDED, Kind, Report

# A call may receive its files for hours before it commits their rows: by default a day.
RECEIVING_FACTOR = 96


@dataclass(frozen=True)
class Terms:
    """The terms of one run; `at_most` bounds the repairs of each guarded kind."""

    full: bool
    repair: bool
    grace_seconds: float
    stuck_seconds: float
    at_most: int | None = None
    withheld: frozenset[Kind] = frozenset()

    def is_left(self, stat: os.stat_result, receiving: bool = False) -> bool:
        """Tell whether a file was last written or moved so long ago that nobody is at it."""
        grace = self.grace_seconds * (RECEIVING_FACTOR if receiving else 1)
        return time.time() - max(stat.st_mtime, stat.st_ctime) >= grace

    def is_withheld(self, kind: Kind, report: Report) -> bool:
        """Tell whether repairs of this kind are too many to be made unasked."""
        if kind in self.withheld:
            return True
        return kind in GUARDED and self.at_most is not None and report.mended(kind) >= self.at_most

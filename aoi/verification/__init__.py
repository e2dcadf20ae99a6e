"""Compare the rows with the files under the data folder, and mend what needs no guessing."""

from aoi.verification.findings import Finding, Kind, Report
from aoi.verification.run import verify

__all__ = ["Finding", "Kind", "Report", "verify"]

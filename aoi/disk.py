"""How full a disk is, and from where on uploads are refused."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from aoi.exceptions import StorageFull


def disk_usage(folder: Path) -> dict[str, Any]:
    """Return total and free bytes, and the percentage used, of the disk that holds `folder`."""
    while not folder.exists():
        folder = folder.parent
    usage = shutil.disk_usage(folder)
    # Of what can be used at all: file systems keep a part for root.
    used = 100 * usage.used / max(1, usage.used + usage.free)
    return {
        "total_bytes": usage.total,
        "free_bytes": usage.free,
        "used_percent": round(used, 1),
    }


def require_below(full_percent: float, folder: Path) -> None:
    """Raise StorageFull where the disk is used so far that it takes no more uploads.

    What is left is for the results of those taken before, and for PostgreSQL.
    """
    used = disk_usage(folder)["used_percent"]
    if used >= full_percent:
        raise StorageFull(
            f"The disk of the data folder is {used:g} % full, and from {full_percent:g} % on no "
            "upload is taken. Free some space, then send it again; nothing of it was kept."
        )

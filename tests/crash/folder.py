"""The data folder at the end: the files of every upload, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

RESULTS = ("combined.png", "mask.png", "overlay.png", "analysis.json")


def orphans(data_dir: Path, uploads: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield a sentence for each file that no upload explains."""
    for folder in ("incoming", "uploads", "results", "thumbnails"):
        for path in sorted((data_dir / folder).rglob("*")):
            if path.is_file() and not _explained(path, folder, uploads):
                yield f"{path.relative_to(data_dir)} belongs to no upload"


def _explained(path: Path, folder: str, uploads: Mapping[str, Mapping[str, Any]]) -> bool:
    if folder == "thumbnails":
        return path.suffix == ".jpg" and path.stem in uploads
    if folder == "uploads":
        return path.name[:24] in uploads
    unique_id = path.parent.name
    return (
        folder == "results"
        and unique_id in uploads
        and path.name in {f"{unique_id}_{suffix}" for suffix in RESULTS}
    )

"""A batch as a ZIP: streamed, of known length, without a copy on the disk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Row
from zipstream import ZipStream

from aoi.batches import get_batch, result_record
from aoi.models import Status
from aoi.spreadsheet import BOM, csv_lines
from aoi.storage import RESULT_SUFFIXES, Storage, safe_stem
from aoi.times import utc_text

COLUMNS = (
    "index",
    "filename",
    "img_unique_id",
    "status",
    "total_defects",
    "processing_time_seconds",
    "error",
)


@dataclass(frozen=True)
class Archive:
    """A ZIP to be sent: its name, its exact size in bytes, its bytes in pieces."""

    name: str
    size: int
    pieces: Iterator[bytes]


def batch_archive(batch_id: str, storage: Storage) -> Archive:
    """Build the ZIP of a batch's results; raise NotFound.

    A file that is missing in the data folder is left out, and named in the summary.
    """
    state = get_batch(batch_id)
    # Stored, not deflated: pictures are compressed already, and only so is the length known.
    zipped = ZipStream(sized=True)
    missing: list[str] = []
    for row in state.results or ():
        if row.status != Status.DONE:
            continue
        for name, path in image_files(row.position, row, storage).items():
            if path.is_file():
                zipped.add_path(path, name)
            else:
                missing.append(name)
    items = [result_record(row) for row in state.results or ()]
    summary = {
        "batch_id": batch_id,
        "created_at": utc_text(state.created_at),
        "counts": state.counts,
        "total_defects": sum(state.defect_classes.values()),
        "defect_classes": state.defect_classes,
        "missing_files": missing,
        "results": items,
    }
    zipped.add(orjson.dumps(summary, option=orjson.OPT_INDENT_2), "batch_summary.json")
    zipped.add(summary_csv(items), "batch_summary.csv")
    return Archive(f"batch_{batch_id}_results.zip", len(zipped), iter(zipped))


def image_files(number: int, row: Row[Any], storage: Storage) -> dict[str, Path]:
    """Return the files of an inspected image by their names in a ZIP, in a folder of its own."""
    stem = safe_stem(row.original_filename)
    source = storage.absolute(row.input_image_path)
    named = Path(row.original_filename).suffix
    # As it was written, PANEL.JPG too, unless the content is of another type than it says.
    suffix = named if named.lower() == source.suffix else source.suffix
    begin = f"{number:03d}_{stem}/{stem}"
    return {f"{begin}{suffix}": source} | {
        f"{begin}_{end}": storage.absolute(storage.result_path(row.img_unique_id, kind))
        for kind, end in RESULT_SUFFIXES.items()
    }


def summary_csv(items: Sequence[dict[str, Any]]) -> bytes:
    """Write the items as CSV that spreadsheets open right."""
    return BOM + csv_lines([COLUMNS, *([item[name] for name in COLUMNS] for item in items)])

"""Images with all their files as a ZIP: a folder each, as the ZIP of a batch has them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from zipfile import ZIP_DEFLATED

import orjson
from sqlalchemy import Row
from zipstream import ZipStream

from aoi.archive import COLUMNS, image_files
from aoi.exports.packing import PackedIds
from aoi.exports.rows import image_rows
from aoi.exports.selecting import Chunks
from aoi.exports.streams import joined
from aoi.exports.zipping import add_file
from aoi.models import Status
from aoi.spreadsheet import BOM, csv_lines
from aoi.storage import Storage


class ImagesZip:
    """One ZIP; what the summary needs is remembered, 25 bytes an image."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._ids = PackedIds()
        # A bit for each of an image's files that is missing.
        self._missing = bytearray()

    def pieces(self, chunks: Chunks) -> Iterator[bytes]:
        """Yield the ZIP of these images."""
        return joined(self._pieces(chunks))

    def _pieces(self, chunks: Chunks) -> Iterator[bytes]:
        # Stored, not deflated: pictures are compressed already.
        zipped = ZipStream()
        for ids in chunks:
            for row in image_rows(ids):
                with ExitStack() as opened:
                    self._add(row, zipped, opened)
                    yield from zipped.all_files()
        zipped.add(self._summary_json(), "summary.json", compress_type=ZIP_DEFLATED)
        zipped.add(self._summary_csv(), "summary.csv", compress_type=ZIP_DEFLATED)
        yield from zipped.finalize()

    def _add(self, row: Row[Any], zipped: ZipStream, opened: ExitStack) -> None:
        self._ids.append(row.img_unique_id)
        files = image_files(len(self._ids), row, self._storage)
        missing = 0
        for bit, (name, path) in enumerate(files.items()):
            missing |= (not add_file(zipped, name, path, opened)) << bit
        self._missing.append(missing)

    def _records(self) -> Iterator[dict[str, Any]]:
        """Yield what the summaries tell of each image; of one deleted meanwhile nothing."""
        first = 1
        for ids in self._ids.chunks():
            numbers = {unique_id: number for number, unique_id in enumerate(ids, first)}
            first += len(ids)
            for row in image_rows(ids):
                yield self._record(numbers[row.img_unique_id], row)

    def _record(self, number: int, row: Row[Any]) -> dict[str, Any]:
        missing = self._missing[number - 1]
        names = image_files(number, row, self._storage) if missing else {}
        return {
            "index": number,
            "filename": row.original_filename,
            "img_unique_id": row.img_unique_id,
            "status": Status.DONE,
            "total_defects": row.total_defects,
            "defect_classes": row.defect_classes and orjson.Fragment(row.defect_classes),
            "processing_time_seconds": row.processing_time_seconds,
            "error": None,
            "missing_files": [name for bit, name in enumerate(names) if missing >> bit & 1],
        }

    def _summary_json(self) -> Iterator[bytes]:
        yield b'{"results": ['
        between = b"\n"
        for record in self._records():
            yield between + orjson.dumps(record)
            between = b",\n"
        yield b"\n]}\n"

    def _summary_csv(self) -> Iterator[bytes]:
        yield BOM + csv_lines([COLUMNS])
        for record in self._records():
            yield csv_lines([[record[name] for name in COLUMNS]])

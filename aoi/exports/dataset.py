"""A dataset to train with, as a ZIP that Anomalib, MMSegmentation and CVAT import."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED

from sqlalchemy import Row
from zipstream import ZipStream

from aoi.exports.binary import binary_png
from aoi.exports.coco import Source, coco_json, file_name
from aoi.exports.packing import PackedIds
from aoi.exports.rows import Rows, image_rows
from aoi.exports.selecting import Chunks
from aoi.exports.streams import joined, prepared
from aoi.exports.zipping import add_file
from aoi.outlines.cache import read_index_png
from aoi.outlines.classmap import UnreadableMask
from aoi.storage import Storage

README = Path(__file__).with_name("dataset_readme.txt")


def dataset_zip(chunks: Chunks, source: Source) -> Iterator[bytes]:
    """Yield the ZIP; images come first, so that COCO's file names just those that are in it."""
    return joined(_pieces(chunks, source))


def _pieces(chunks: Chunks, source: Source) -> Iterator[bytes]:
    # Stored, not deflated: pictures are compressed already.
    zipped = ZipStream()
    zipped.add(README.read_bytes(), "README.txt")
    yield from zipped.all_files()
    written, missing = PackedIds(), []
    for image, mask in prepared(lambda row: _mask(source.storage, row), _images(chunks)):
        with ExitStack() as opened:
            if mask is None or not _add(zipped, image, mask, source.storage, opened):
                missing.append(image.img_unique_id)
                continue
            yield from zipped.all_files()
        written.append(image.img_unique_id)
    if missing:
        zipped.add("\n".join([*missing, ""]), "missing.txt")
    document = coco_json(written.chunks(), source)
    zipped.add(document, "annotations/instances_default.json", compress_type=ZIP_DEFLATED)
    yield from zipped.finalize()


def _images(chunks: Chunks) -> Iterator[Row[Any]]:
    for ids in chunks:
        rows: Rows = image_rows(ids)
        yield from rows


def _mask(storage: Storage, row: Row[Any]) -> bytes | None:
    try:
        return read_index_png(storage, row.img_unique_id)
    except UnreadableMask:
        return None


def _add(
    zipped: ZipStream, row: Row[Any], mask: bytes, storage: Storage, opened: ExitStack
) -> bool:
    """Add the files of an image; False, and none, where its input is missing."""
    name = file_name(row)
    stem = name.rpartition(".")[0]
    source = storage.absolute(row.input_image_path)
    if not add_file(zipped, f"images/default/{name}", source, opened):
        return False
    zipped.add(mask, f"ann_dir/{stem}.png")
    if row.total_defects:
        zipped.add(binary_png(mask), f"masks/{stem}.png")
    return True

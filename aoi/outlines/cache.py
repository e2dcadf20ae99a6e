"""Outlines and class map of an image: taken from its mask once, then kept under `cache/`.

What is kept bears the time of the mask it was made of, and holds for that one only: an image
that was inspected again is traced again. It knows no rows, so it cannot disagree with them.
The least recently read go first where it is more than the limit.
"""

from __future__ import annotations

import logging
import os
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

import orjson

from aoi.eviction import Kept, evict, measured
from aoi.ids import is_id
from aoi.outlines.classmap import OTHER, UnreadableMask, index_png, read_class_map
from aoi.outlines.tracing import Box, Polygon, trace
from aoi.storage import Storage

log = logging.getLogger(__name__)

# A mask of 300 megapixels takes 1 GB while it is traced.
_tracing = threading.BoundedSemaphore(2)
TREES = ("outlines", "classmaps")
# How often the limit is looked after: each time that so large a part of it was added.
PART_OF_LIMIT = 8


@dataclass(frozen=True)
class Outlines:
    """The outlines that a mask holds, by class and bounding box.

    Two regions of a class cannot have the same box: they would touch.
    """

    polygons: dict[str, Polygon]

    def of(self, class_id: int, box: Box) -> Polygon | None:
        """Return the outline of a region, None where the mask does not hold it."""
        found = self.polygons.get(_key(class_id, box))
        return found or self.polygons.get(_key(OTHER, box))


def read_outlines(storage: Storage, unique_id: str) -> Outlines:
    """Return the outlines in the mask of an image; none where the mask is not readable."""
    try:
        data = _kept(storage, unique_id, storage.outlines_path(unique_id))
    except UnreadableMask as err:
        log.warning("the mask of %s cannot be traced: %s", unique_id, err)
        return Outlines({})
    return Outlines(orjson.loads(data))


def read_index_png(storage: Storage, unique_id: str) -> bytes:
    """Return the mask as a greyscale PNG of class numbers; raise UnreadableMask."""
    return _kept(storage, unique_id, storage.class_map_path(unique_id))


def kept(storage: Storage) -> Iterator[Kept]:
    """Yield all that is kept; on a disk without times of reading, when it was made."""
    folder = storage.root / "cache"
    paths = (path for tree in TREES for path in folder.glob(f"{tree}/[0-9]*/*"))
    # Its time of writing is set to that of the mask; the inode's tells the truth.
    return measured(paths, lambda stat: max(stat.st_atime, stat.st_ctime))


def is_of_an_image(storage: Storage, path: Path) -> bool:
    """Tell whether what is kept at `path` has a mask that it can be of."""
    return not is_id(path.stem) or storage.absolute(storage.result_path(path.stem, "mask")).exists()


def trim(storage: Storage) -> int:
    """Enforce the limit; return the bytes freed."""
    limit = storage.outline_cache_bytes
    return evict(sorted(kept(storage)), limit, 0, storage.root / "cache")[0]


def _key(class_id: int, box: Box) -> str:
    return f"{class_id} {box[0]} {box[1]} {box[2]} {box[3]}"


def _kept(storage: Storage, unique_id: str, path: Path) -> bytes:
    mask = storage.absolute(storage.result_path(unique_id, "mask"))
    try:
        made = mask.stat().st_mtime_ns
    except OSError as err:
        raise UnreadableMask("it is missing") from err
    with suppress(OSError):
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mtime_ns == made:
                return file.read()
    files = _make(storage, unique_id, mask)
    size = sum(map(len, files.values()))
    if storage.has_room(size):
        for target, data in files.items():
            _keep(target, data, made, mask.is_file)
        # By chance: no process knows what the others add.
        if random.random() * storage.outline_cache_bytes < PART_OF_LIMIT * size:
            trim(storage)
    return files[path]


def _make(storage: Storage, unique_id: str, mask: Path) -> dict[Path, bytes]:
    """Decode the mask once and return all that is made of it, by the path where it is kept."""
    with _tracing:
        classes = read_class_map(mask)
        polygons = {_key(of_class, box): polygon for of_class, box, polygon in trace(classes)}
        return {
            storage.outlines_path(unique_id): orjson.dumps(polygons),
            storage.class_map_path(unique_id): index_png(classes),
        }


def _keep(target: Path, data: bytes, made: int, wanted: Callable[[], bool]) -> None:
    """Put the file in place whole; without room for it, it is made again the next time."""
    draft = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=target.parent, prefix=".", delete=False) as file:
            draft = Path(file.name)
            file.write(data)
        os.utime(draft, ns=(made, made))
        os.replace(draft, target)
        if not wanted():  # deleted meanwhile
            target.unlink(missing_ok=True)
    except OSError as err:
        log.warning("outlines are not kept: %s", err)
        if draft is not None:
            draft.unlink(missing_ok=True)

"""Tiles of stored pictures, made when first asked for and kept within a limit."""

from __future__ import annotations

import logging
import time
import zipfile
from collections.abc import Mapping
from concurrent.futures import wait
from pathlib import Path

from PIL import Image

from aoi.exceptions import NotFound, StorageFull, TilesNotReady
from aoi.imaging import FORMATS as FORMATS_TAKEN
from aoi.storage import Storage
from aoi.tiles.builds import Builds
from aoi.tiles.deepzoom import FORMATS, LARGE_SIDE, DeepZoom
from aoi.tiles.places import Place, mark_used, trim
from aoi.tiles.pyramid import Tile, read_tile

log = logging.getLogger(__name__)

# A pyramid of 16,000 x 16,000 px takes 3 s; a queue of them may take longer.
LONGEST_WAIT = 25.0
POLL_SECONDS = 0.02
NO_SUCH_TILE = "The picture has no such tile. Its .dzi tells its size and that of its tiles."


class TileCache:
    """The tiles of all pictures; `limit_mb` bounds the disk they take, the least used go first."""

    def __init__(self, storage: Storage, limit_mb: float) -> None:
        self._storage = storage
        self._limit = int(limit_mb * 1024 * 1024)
        self._builds = Builds(storage.tiles, self._limit)

    def describe(self, unique_id: str, kind: str, source: Path) -> DeepZoom:
        """Return the geometry of a picture, and have its tiles made meanwhile."""
        picture = DeepZoom(*_size(source), FORMATS[kind])
        place = self._place(unique_id, kind, source)
        if not place.full.exists() and self._storage.has_room(picture.width * picture.height // 2):
            self._builds.start_unasked(place)
        return picture

    def tile(
        self, unique_id: str, kind: str, source: Path, level: int, column: int, row: int
    ) -> Tile:
        """Return a tile; raise NotFound, StorageFull, or TilesNotReady after a long wait."""
        place = self._place(unique_id, kind, source)
        deadline = time.monotonic() + LONGEST_WAIT
        while True:
            if tile := _read(place, level, column, row):
                return tile
            width, height = _size(source)
            if not self._storage.has_room(width * height // 2):
                raise StorageFull("The disk is full: there is no room for tiles. Free some space.")
            under_way = self._builds.start(place)
            wait([under_way], POLL_SECONDS)
            if under_way.done() and not under_way.result() and not place.full.exists():
                raise NotFound("No tiles can be made of this picture. Download it as a whole.")
            if time.monotonic() > deadline:
                raise TilesNotReady()

    def prepare(self, unique_id: str, sources: Mapping[str, Path]) -> None:
        """Have the tiles of an image's pictures made in advance, in this order, if it is large."""
        try:
            if max(max(_size(source)) for source in sources.values()) > LARGE_SIDE:
                self._builds.in_advance(
                    [self._place(unique_id, kind, source) for kind, source in sources.items()]
                )
        except NotFound:
            return  # deleted meanwhile, or damaged, which others tell

    def trim(self, unused_seconds: float | None = None) -> int:
        """Enforce the limit, and take away what nobody looked at for so long; return the bytes."""
        return trim(self._storage.tiles, self._limit, unused_seconds)

    def _place(self, unique_id: str, kind: str, source: Path) -> Place:
        try:
            return Place.of(self._storage.tiles_folder(unique_id), kind, source)
        except FileNotFoundError as err:
            raise NotFound("The picture was deleted.") from err


def _read(place: Place, level: int, column: int, row: int) -> Tile | None:
    """Return a tile, None while there is no pyramid; raise NotFound if the picture has no such."""
    try:
        tile = read_tile(place.full, level, column, row)
    except FileNotFoundError:
        pass
    except zipfile.BadZipFile:
        log.warning("the tiles of %s were damaged and are made again", place.source.name)
        place.full.unlink(missing_ok=True)
    else:
        if tile is None:
            raise NotFound(NO_SUCH_TILE)
        mark_used(place.full)
        return tile
    try:
        tile = read_tile(place.coarse, level, column, row)
    except (FileNotFoundError, zipfile.BadZipFile):
        return None
    mark_used(place.coarse)
    return tile


def _size(source: Path) -> tuple[int, int]:
    """Read a picture's size from its header."""
    try:
        with Image.open(source, formats=FORMATS_TAKEN) as picture:
            return picture.size
    except FileNotFoundError as err:
        raise NotFound("The picture was deleted.") from err
    except (OSError, SyntaxError, ValueError) as err:
        raise NotFound("The stored picture is damaged.") from err

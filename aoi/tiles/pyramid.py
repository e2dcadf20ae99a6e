"""A finished pyramid: where each tile lies in its file, and its bytes."""

from __future__ import annotations

import os
import struct
import zipfile
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

# Entry of the palette that a mask's tiles, stored as class indices, are shown with.
PALETTE = "palette"
_LOCAL_HEADER = struct.Struct("<26xHH")
_PNG_HEAD = 33  # signature and IHDR
_PNG_COLOUR_TYPE = 25
_GREY, _INDEXED = 0, 3


@dataclass(frozen=True)
class Tile:
    """The bytes of a tile, and a tag that tells them from others'."""

    data: bytes
    tag: str


@dataclass(frozen=True)
class _Contents:
    """Of each tile, by `level/column_row`, its header's offset, its size and CRC."""

    tiles: dict[str, tuple[int, int, int]]
    palette: bytes | None


def read_tile(path: Path, level: int, column: int, row: int) -> Tile | None:
    """Return a tile, None if there is no such; raise FileNotFoundError without a pyramid."""
    with path.open("rb", buffering=0) as file:
        stat = os.fstat(file.fileno())
        contents = _contents(path, stat.st_ino, stat.st_size)
        place = contents.tiles.get(f"{level}/{column}_{row}")
        if place is None:
            return None
        offset, size, crc = place
        file.seek(offset)
        name, extra = _LOCAL_HEADER.unpack(file.read(_LOCAL_HEADER.size))
        file.seek(name + extra, 1)
        data = file.read(size)
    if contents.palette is not None:
        data = _indexed(data, contents.palette)
    return Tile(data, f"{crc:08x}{size:x}")


def copy_upper_levels(path: Path, top: int, target: Path) -> None:
    """Write a pyramid of another's levels up to `top`."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as copy:
        for entry in source.infolist():
            level = entry.filename.partition("_files/")[2].partition("/")[0]
            if entry.filename == PALETTE or (level.isdigit() and int(level) <= top):
                copy.writestr(entry.filename, source.read(entry))


@lru_cache(maxsize=32)
def _contents(path: Path, inode: int, size: int) -> _Contents:
    # A pyramid never changes under its name: another one is another file, or of another size.
    with zipfile.ZipFile(path) as archive:
        tiles = {}
        palette = None
        for entry in archive.infolist():
            folder, _, name = entry.filename.partition("_files/")
            if name:
                key = name.rpartition(".")[0]
                tiles[key] = (entry.header_offset, entry.file_size, entry.CRC)
            elif folder == PALETTE:
                palette = archive.read(entry)
        return _Contents(tiles, palette)


def _indexed(data: bytes, palette: bytes) -> bytes:
    """Turn a grey PNG of indices into one with a palette: their pixels are stored alike."""
    if data[_PNG_COLOUR_TYPE] != _GREY:
        return data
    header = bytearray(data[12 : _PNG_HEAD - 4])
    header[_PNG_COLOUR_TYPE - 12] = _INDEXED
    parts = (data[:12], header, _crc(header), _chunk(b"PLTE", palette), data[_PNG_HEAD:])
    return b"".join(parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + _crc(kind + data)


def _crc(data: bytes | bytearray) -> bytes:
    return struct.pack(">I", zlib.crc32(data))

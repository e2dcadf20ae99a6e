"""Tell a whole PNG file from anything else without decoding it."""

from __future__ import annotations

import struct

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_IHDR = struct.Struct(">I4sII")
_CHUNK = struct.Struct(">I4s")
_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"


def size_of(data: bytes) -> tuple[int, int] | None:
    """Return width and height in pixels of a whole PNG file, None of anything else."""
    if not data.startswith(SIGNATURE) or len(data) < 8 + 25 + len(_END):
        return None
    length, kind, width, height = _IHDR.unpack_from(data, 8)
    if (length, kind) != (13, b"IHDR") or not 0 < width < 2**31 or not 0 < height < 2**31:
        return None
    # Bytes after the end are legal, so a file that does not end with IEND may still hold one.
    if data.endswith(_END) or _has_end(data):
        return width, height
    return None


def _has_end(data: bytes) -> bool:
    position = 8
    while position + 12 <= len(data):
        length, kind = _CHUNK.unpack_from(data, position)
        if kind == b"IEND":
            return True
        position += 12 + length
    return False

"""The mask of all classes, black and white, from the mask of class numbers."""

from __future__ import annotations

import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"
HEADER_BYTES = 13
HEADER_END = len(SIGNATURE) + 12 + HEADER_BYTES
COLOUR_TYPE_AT = 9
PALETTE = 3
# Number 0 is shown black, every other white.
BLACK_AND_WHITE = bytes(3) + b"\xff" * 3 * 255


def binary_png(index_png: bytes) -> bytes:
    """Return a greyscale PNG of class numbers with a palette that shows every class white.

    The pixels stay as they are compressed, which spares encoding each mask twice.
    """
    header = bytearray(index_png[len(SIGNATURE) + 8 : HEADER_END - 4])
    header[COLOUR_TYPE_AT] = PALETTE
    return b"".join(
        (
            SIGNATURE,
            _chunk(b"IHDR", bytes(header)),
            _chunk(b"PLTE", BLACK_AND_WHITE),
            index_png[HEADER_END:],
        )
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)

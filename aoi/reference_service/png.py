"""PNG written strip by strip, so that a picture of 300 megapixels never lies in memory whole."""

import struct
import zlib
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Strip = Callable[[int, int], NDArray[np.uint8]]

_STRIP_PIXELS = 2_000_000
_NO_FILTER, _UP_FILTER = 0, 2


def encode_png(width: int, height: int, strip: Strip) -> bytes:
    """Encode an RGB picture whose rows `strip(top, bottom)` gives as (rows, width, 3)."""
    packer = zlib.compressobj(level=3, memLevel=9)
    step = max(1, _STRIP_PIXELS // width)
    parts = [b"\x89PNG\r\n\x1a\n", _chunk(b"IHDR", _header(width, height))]
    for top in range(0, height, step):
        packed = packer.compress(_filtered(strip(top, min(height, top + step))).data)
        if packed:
            parts.append(_chunk(b"IDAT", packed))
    parts += [_chunk(b"IDAT", packer.flush()), _chunk(b"IEND", b"")]
    return b"".join(parts)


def _header(width: int, height: int) -> bytes:
    return struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)


def _filtered(rows: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Prefix each row with its filter: the first as it is, the others less the row above."""
    flat = rows.reshape(len(rows), -1)
    lines = np.empty((len(rows), flat.shape[1] + 1), np.uint8)
    lines[:, 0] = _UP_FILTER
    lines[0, 0] = _NO_FILTER
    lines[0, 1:] = flat[0]
    np.subtract(flat[1:], flat[:-1], out=lines[1:, 1:])
    return lines


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

"""Images to send: small, whole, each of its own bytes."""

from __future__ import annotations

import hashlib
import io
import random
import struct
import zlib
from typing import Any

from PIL import Image

# Of its own start, so that what modules draw while they are loaded is the same each time too.
_seeds = random.Random("before any test")


def begin(test: str) -> None:
    """Let the pictures follow from the test's name alone, not from which tests ran before it."""
    _seeds.seed(test)


def picture(mode: str = "L", width: int = 64, height: int = 48, seed: int | None = None) -> Any:
    """Return a Pillow image of noise in `mode`."""
    dice = random.Random(_seeds.random() if seed is None else seed)
    if mode in ("I;16", "I", "F"):
        kind = {"I;16": "H", "I": "i", "F": "f"}[mode]
        values = [dice.randrange(4096) for _ in range(width * height)]
        return Image.frombytes(mode, (width, height), struct.pack(f"<{len(values)}{kind}", *values))
    if mode == "P":
        return picture("L", width, height, seed).convert("P")
    bands = len(Image.new(mode, (1, 1)).getbands())
    if mode == "1":
        return Image.frombytes("L", (width, height), dice.randbytes(width * height)).convert("1")
    return Image.frombytes(mode, (width, height), dice.randbytes(width * height * bands))


def encoded(image: Any, kind: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png(width: int = 64, height: int = 48) -> bytes:
    """Return a small PNG that no other call returns."""
    return encoded(picture("L", width, height))


def jpeg(width: int = 64, height: int = 48) -> bytes:
    return encoded(picture("L", width, height), "JPEG")


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_bomb(width: int = 60_000, height: int = 60_000) -> bytes:
    """Return a PNG of a few bytes whose header promises 3.6 billion pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(1000)))
        + chunk(b"IEND", b"")
    )


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()

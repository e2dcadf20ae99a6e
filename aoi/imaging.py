"""Check an image by decoding it once; the same decoding makes its thumbnail."""

from __future__ import annotations

import io
import mmap
import struct
import threading
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from aoi import wholeness
from aoi.exceptions import ImageRefused, ImageTooLarge

FORMATS = ("PNG", "JPEG", "BMP", "TIFF")
# The type that the content is stored as, and the names that may be kept for it.
EXTENSIONS = {
    "PNG": ("png",),
    "JPEG": ("jpg", "jpeg"),
    "MPO": ("jpg", "jpeg"),
    "BMP": ("bmp",),
    "DIB": ("bmp",),
    "TIFF": ("tif", "tiff"),
}
ALLOWED_EXTENSIONS = tuple(sorted({ext for known in EXTENSIONS.values() for ext in known}))
MEDIA_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "bmp": "image/bmp",
    "tif": "image/tiff",
    "tiff": "image/tiff",
}
THUMBNAIL_SIZE = 320
HIGH_DEPTH_MODES = ("I", "F", "I;16", "I;16B", "I;16L", "I;16N")
# Few images above it are decoded at a time, so that memory stays bounded.
LARGE_PIXELS = 25_000_000
# What is converted at once, some 50 MB of it.
STRIP_PIXELS = 4_000_000
large_decode: AbstractContextManager[Any] = threading.Lock()

# Our own limit is a setting and holds before anything is decoded.
Image.MAX_IMAGE_PIXELS = None
# Pillow warns of odd metadata; the pixels are what counts.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")


@dataclass(frozen=True)
class CheckedImage:
    """What checking an image brought: its size in pixels, its type, its JPEG thumbnail."""

    width: int
    height: int
    extension: str
    thumbnail: bytes


def extension_of(filename: str) -> str:
    """Return the lower-case extension of a file name; raise ImageRefused if it is not taken."""
    _, dot, extension = filename.rpartition(".")
    if not dot or extension.lower() not in ALLOWED_EXTENSIONS:
        raise ImageRefused(
            f"The file's extension is not one of {', '.join(ALLOWED_EXTENSIONS)}: "
            "send a PNG, JPEG, BMP or TIFF image under its proper name."
        )
    return extension.lower()


def check_image(path: Path, filename: str, max_pixels: int) -> CheckedImage:
    """Decode the image at `path` whole; raise ImageRefused or ImageTooLarge saying why not."""
    named = extension_of(filename)
    try:
        with (
            path.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
            memoryview(data) as view,
            Image.open(file, formats=FORMATS) as image,
        ):
            return _checked(image, view, named, max_pixels)
    except UnidentifiedImageError as err:
        raise ImageRefused(
            "The file is not a PNG, JPEG, BMP or TIFF image. Export it again as one of them."
        ) from err
    except MemoryError as err:
        raise ImageRefused(
            "The image needs more memory to be decoded than one may have; it may be damaged. "
            "Export it again, without odd compression or in parts."
        ) from err
    except (
        OSError,
        SyntaxError,
        ValueError,
        struct.error,
        EOFError,
        IndexError,
        KeyError,
        TypeError,
        OverflowError,
        ZeroDivisionError,
    ) as err:
        # Pillow's decoders raise any of these on a damaged file.
        raise ImageRefused(
            "The image is damaged or cut short and cannot be decoded. Send the whole file again."
        ) from err


def _checked(image: Image.Image, view: memoryview, named: str, max_pixels: int) -> CheckedImage:
    width, height = image.size
    if width * height > max_pixels:
        raise ImageTooLarge(
            f"The image has {width} x {height} pixels, more than the limit of "
            f"{max_pixels / 1e6:g} megapixels. Send it in parts."
        )
    kind = image.format or ""
    with large_decode if width * height > LARGE_PIXELS else nullcontext():
        if not wholeness.CHECKS[kind](view):
            raise OSError("cut short")
        thumbnail = _thumbnail(image)
    known = EXTENSIONS[kind]
    return CheckedImage(width, height, named if named in known else known[0], thumbnail)


def _thumbnail(image: Image.Image) -> bytes:
    # A JPEG's scan is read to its end also at a lower scale, so this still proves it whole.
    image.draft(None, (2 * THUMBNAIL_SIZE, 2 * THUMBNAIL_SIZE))
    image.load()
    thumbnail = _reduced(image, max(1, int(max(image.size) / THUMBNAIL_SIZE / 1.5)))
    if (longest := max(image.size)) > THUMBNAIL_SIZE:
        scale = THUMBNAIL_SIZE / longest
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        thumbnail = thumbnail.resize(size, Image.Resampling.BILINEAR)
    buffer = io.BytesIO()
    thumbnail.save(buffer, "JPEG", quality=82)
    return buffer.getvalue()


def _reduced(image: Image.Image, factor: int) -> Image.Image:
    """Return the image `factor` times smaller, as L or RGB.

    It goes strip by strip: converting a large one whole took up to ten times its own memory.
    """
    bounds = _bounds(image, factor) if image.mode in HIGH_DEPTH_MODES else None
    size = (-(-image.width // factor), -(-image.height // factor))
    small = None
    for top, strip in _strips(image, factor):
        part = (_eight_bits(strip, *bounds) if bounds else _plain(strip)).reduce(factor)
        small = small or Image.new(part.mode, size)
        small.paste(part, (0, top // factor))
    assert small is not None
    return small


def _strips(image: Image.Image, factor: int) -> Iterator[tuple[int, Image.Image]]:
    """Cut an image into strips of whole blocks of `factor` rows, each with its top."""
    rows = max(1, STRIP_PIXELS // image.width // factor) * factor
    for top in range(0, image.height, rows):
        box = (0, top, image.width, min(top + rows, image.height))
        yield top, image if rows >= image.height else image.crop(box)


def _plain(image: Image.Image) -> Image.Image:
    if image.mode in ("L", "RGB"):
        return image
    return image.convert("L" if image.mode == "LA" else "RGB")


def _bounds(image: Image.Image, factor: int) -> tuple[float, float]:
    """Return the least and the greatest of the image's finite values."""
    found = []
    for _, strip in _strips(image, factor):
        pixels = np.asarray(strip, dtype=np.float32)
        finite = pixels[np.isfinite(pixels)] if image.mode == "F" else pixels
        if finite.size:
            found += [float(finite.min()), float(finite.max())]
    return (min(found), max(found)) if found else (0.0, 0.0)


def _eight_bits(image: Image.Image, low: float, high: float) -> Image.Image:
    """Scale a 16- or 32-bit image to its own range: plants use 10 or 12 bits of 16."""
    pixels = np.asarray(image, dtype=np.float32)
    scale = 255.0 / ((high - low) or 1.0)
    with np.errstate(all="ignore"):  # floats may hold anything
        scaled = pixels * np.float32(scale) - np.float32(low * scale)
    bounded = np.nan_to_num(scaled, nan=0.0, posinf=255.0, neginf=0.0).clip(0, 255)
    return Image.fromarray(bounded.astype(np.uint8))

"""The stored mask as a class map: one byte a pixel, the class's number."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aoi.segformer.checks.mask import COLOURS

# Pixels of a colour that the contract does not name; frameworks leave 255 out of training.
OTHER = 255
# Read so many at a time: a mask of 300 megapixels would take 900 MB at once.
STRIP_PIXELS = 4_000_000
# Pixels whose three bytes each fill three words of eight.
TOGETHER = 8
PALETTE = {0: (0, 0, 0), **COLOURS}

ClassMap = NDArray[np.uint8]


class UnreadableMask(Exception):
    """The mask is missing or cannot be decoded."""


def read_class_map(path: Path) -> ClassMap:
    """Return the class map (h, w) of the mask at `path`; raise UnreadableMask."""
    import pyvips

    try:
        image = pyvips.Image.new_from_file(str(path), access="sequential", fail_on="truncated")
        # Palettes and alpha are no part of the contract, but cost nothing to take.
        image = image.colourspace("srgb").cast("uchar").extract_band(0, n=3)
        classes = np.empty((image.height, image.width), np.uint8)
        step = max(1, STRIP_PIXELS // image.width)
        for top in range(0, image.height, step):
            tall = min(step, image.height - top)
            strip = image.crop(0, top, image.width, tall).write_to_memory()
            found = _classes_of(np.frombuffer(strip, np.uint8))
            classes[top : top + tall] = found.reshape(tall, image.width)
    except pyvips.Error as err:
        raise UnreadableMask(str(err).splitlines()[0]) from err
    return classes


def _classes_of(values: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the classes of pixels whose red, green and blue follow each other."""
    import cv2

    count = len(values) // 3
    if spare := -count % TOGETHER:
        values = np.pad(values, (0, 3 * spare))
    # Most pixels of most masks are black: several of them are looked at as three machine words.
    words = values.view(np.uint64).reshape(-1, 3)
    used = np.flatnonzero((words[:, 0] | words[:, 1] | words[:, 2]) != 0)
    classes = np.zeros((len(words), TOGETHER), np.uint8)
    if len(used):
        pixels = values.reshape(-1, TOGETHER, 3)[used]
        found = np.full(pixels.shape[:2], OTHER, np.uint8)
        for class_id, colour in PALETTE.items():
            found[cv2.inRange(pixels, colour, colour) != 0] = class_id
        classes[used] = found
    return classes.reshape(-1)[:count]


def index_png(classes: ClassMap) -> bytes:
    """Encode a class map as a greyscale PNG whose values are the classes' numbers."""
    import pyvips

    image = pyvips.Image.new_from_array(classes)
    # Flat areas need no filter, and so take a quarter of the time.
    png: Any = image.pngsave_buffer(compression=6, filter="none")
    return bytes(png)

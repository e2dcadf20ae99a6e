"""Open a stored picture for libvips, as 8 bits a band without alpha, as the thumbnails show it.

Only the process that makes a pyramid imports this: libvips must not be loaded before a fork.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyvips

from aoi.tiles.deepzoom import LARGE_SIDE

SHRINK = 8
_BITS = 8
# The contract's mask has bands of 0 and 255 only: red is 1, green 2, blue 4 of an index.
_STRANGE = bytes([0, *[255] * 254, 0])
_INDEX_PALETTE = bytes(255 * (index >> band & 1) for index in range(8) for band in range(3))


def open_picture(path: Path) -> Any:
    """Return the picture as a pyvips image of one or three bands, read in order."""
    try:
        image = pyvips.Image.new_from_file(str(path), access="sequential")
    except pyvips.Error:
        return _by_pillow(path)  # libvips opens neither BMP nor the rarer TIFFs
    return _eight_bits(image, path)


def open_coarse(path: Path) -> Any | None:
    """Return the picture at an eighth of its size, None where that would not come much sooner.

    A JPEG is decoded so small; of others the most time goes into the tiles that are left out.
    """
    try:
        image = pyvips.Image.jpegload(str(path), access="sequential", shrink=SHRINK)
    except pyvips.Error:
        return _shrunk(path)
    return _without_alpha(image)


def _shrunk(path: Path) -> Any | None:
    try:
        image = pyvips.Image.new_from_file(str(path), access="sequential")
    except pyvips.Error:
        return None  # Pillow would take its time, and memory, twice
    if max(image.width, image.height) <= LARGE_SIDE:
        return None
    # Rounded up, as each level is.
    return _eight_bits(image, path).shrink(SHRINK, SHRINK, ceil=True)


def as_indices(path: Path, image: Any) -> tuple[Any, bytes | None]:
    """Return a mask as indices with their palette, so that it can shrink without new colours.

    With other colours than the contract's it stays as it is, and the palette is None.
    """
    if image.bands != 3:
        return image, None
    strange = pyvips.Image.new_from_memory(_STRANGE, len(_STRANGE), 1, 1, "uchar")
    if image.maplut(strange).max():
        return open_picture(path), None
    bits = open_picture(path) & [1, 2, 4]
    return bits.bandor().copy(interpretation="b-w"), _INDEX_PALETTE


def _eight_bits(image: Any, path: Path) -> Any:
    image = _without_alpha(image)
    if image.interpretation == "cmyk":
        image = image.colourspace("srgb")
    if image.format == "uchar":
        return image
    if image.bands >= 3:
        return image.colourspace("srgb").cast("uchar")
    # Plants use 10 or 12 bits of 16: scaled to the picture's own range.
    stats = image.stats()
    low, high = stats(0, 0)[0], stats(1, 0)[0]
    again = _without_alpha(pyvips.Image.new_from_file(str(path), access="sequential"))
    scale = 255 / ((high - low) or 1)
    return again.linear(scale, -low * scale).cast("uchar").copy(interpretation="b-w")


def _without_alpha(image: Any) -> Any:
    return image.extract_band(0, n=image.bands - 1) if image.hasalpha() else image


def _by_pillow(path: Path) -> Any:
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None
    with Image.open(path) as opened:
        picture: Image.Image = opened
        if picture.mode not in ("L", "RGB"):
            picture = picture.convert("L" if picture.mode in ("1", "LA") else "RGB")
        bands = len(picture.getbands())
        image = pyvips.Image.new_from_memory(
            picture.tobytes(), picture.width, picture.height, bands, "uchar"
        )
    return image.copy(interpretation="srgb" if bands == 3 else "b-w")

"""Decode uploaded images of every kind to 8-bit grey or BGR."""

import io

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

# Cameras put 10 and 12 bits into 16-bit files, in the low bits.
_WORD_SHIFTS = ((1 << 8, 0), (1 << 10, 2), (1 << 12, 4), (1 << 16, 8))


class UnreadableImage(Exception):
    """The upload is no image that can be decoded."""


def decode(data: bytes) -> Picture:
    """Decode an image file to uint8 (h, w), or BGR (h, w, 3) where it has colours."""
    try:
        # UNCHANGED: 16 bits stay 16 bits, and the camera's orientation tag is not applied, as
        # positions are told in the pixels of the file.
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as err:
        raise UnreadableImage("The image cannot be decoded") from err
    if pixels is None:
        pixels = _decode_with_pillow(data)
    return _without_alpha(_to_bytes(np.asarray(pixels)))


def to_grey(picture: Picture) -> Picture:
    """Return the grey levels (h, w) of a picture."""
    if picture.ndim == 2:
        return picture
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)


def _decode_with_pillow(data: bytes) -> NDArray[np.uint8]:
    """Decode what OpenCV cannot, such as TIFF with unusual compression."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data)) as image:
            if image.mode in ("1", "L", "I;16", "I", "F"):
                return np.asarray(image.convert("L") if image.mode == "1" else image)
            return np.asarray(image.convert("RGB"))[:, :, ::-1]
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as err:
        raise UnreadableImage("The image cannot be decoded") from err


def _without_alpha(picture: Picture) -> Picture:
    if picture.ndim == 2:
        return picture
    channels = picture.shape[2]
    if channels < 3:
        return np.ascontiguousarray(picture[:, :, 0])
    return np.ascontiguousarray(picture[:, :, :3])


def _to_bytes(pixels: NDArray[np.generic]) -> Picture:
    if pixels.dtype == np.uint8:
        return pixels.astype(np.uint8, copy=False)
    if pixels.dtype == np.bool_:
        return pixels.astype(np.uint8) * np.uint8(255)
    if pixels.dtype == np.uint16:
        words = pixels.astype(np.uint16, copy=False)
        brightest = int(words.max())
        shift = next(s for limit, s in _WORD_SHIFTS if brightest < limit)
        return np.right_shift(words, shift).astype(np.uint8)
    return _stretched(np.nan_to_num(pixels.astype(np.float32)))


def _stretched(pixels: NDArray[np.float32]) -> Picture:
    """Spread levels of no known range over 0 to 255."""
    low, high = float(pixels.min()), float(pixels.max())
    scale = 255 / (high - low) if high > low else 0.0
    return ((pixels - low) * scale).astype(np.uint8)

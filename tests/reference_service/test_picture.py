"""Uploads of every kind become 8-bit grey or BGR."""

import io

import numpy as np
import pytest
from PIL import Image

from aoi.reference_service.picture import UnreadableImage, decode, to_grey

RAMP = np.tile(np.arange(0, 240, 4, dtype=np.uint8), (40, 1))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "TIFF"])
def test_grey_stays_grey(kind: str) -> None:
    picture = decode(_file(Image.fromarray(RAMP), kind))

    assert to_grey(picture) == pytest.approx(RAMP, abs=4)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "LA", "CMYK"])
def test_modes_become_three_channels_or_one(mode: str) -> None:
    kind = "TIFF" if mode == "CMYK" else "PNG"
    picture = decode(_file(Image.fromarray(RAMP).convert(mode), kind))

    assert picture.shape in {(40, 60), (40, 60, 3)}
    assert to_grey(picture) == pytest.approx(RAMP, abs=6)


def test_cmyk_jpeg_is_read() -> None:
    picture = decode(_file(Image.fromarray(RAMP).convert("CMYK"), "JPEG"))

    assert to_grey(picture) == pytest.approx(RAMP, abs=12)


def test_colours_keep_their_place() -> None:
    red = Image.new("RGB", (4, 4), (255, 0, 0))

    assert decode(_file(red, "PNG"))[0, 0].tolist() == [0, 0, 255]


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
@pytest.mark.parametrize("bits", [10, 12, 16])
def test_deep_grey_is_brought_to_eight_bits(kind: str, bits: int) -> None:
    deep = RAMP.astype(np.uint16) << (bits - 8)

    picture = decode(_file(Image.fromarray(deep), kind))

    assert picture.dtype == np.uint8
    assert np.array_equal(picture, RAMP)


def test_float_levels_are_stretched() -> None:
    picture = decode(_file(Image.fromarray(RAMP.astype(np.float32) / 300), "TIFF"))

    assert (picture.min(), picture.max()) == (0, 255)


def test_black_and_white_is_read() -> None:
    bits = Image.fromarray(RAMP).convert("1")

    assert set(np.unique(decode(_file(bits, "TIFF"))).tolist()) <= {0, 255}


@pytest.mark.parametrize("data", [b"", b"no image", b"\x89PNG\r\n\x1a\n" + b"\0" * 40])
def test_what_is_no_image_is_unreadable(data: bytes) -> None:
    with pytest.raises(UnreadableImage):
        decode(data)


def _file(image: Image.Image, kind: str) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind)
    return stream.getvalue()

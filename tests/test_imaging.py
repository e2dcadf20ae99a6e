from __future__ import annotations

import io
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from aoi import imaging
from aoi.exceptions import ImageRefused, ImageTooLarge
from aoi.imaging import CheckedImage, check_image, extension_of
from tests.pictures import encoded, picture, png_bomb

LIMIT = 1_000_000
MODES = {
    "PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
    "JPEG": ("L", "RGB", "CMYK"),
    "BMP": ("1", "L", "P", "RGB", "RGBA"),
    "TIFF": ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "I;16", "I", "F"),
}


def check(tmp_path: Path, data: bytes, name: str = "panel.png", limit: int = LIMIT) -> CheckedImage:
    path = tmp_path / "received"
    path.write_bytes(data)
    return check_image(path, name, limit)


@pytest.mark.parametrize(("kind", "mode"), [(k, m) for k, modes in MODES.items() for m in modes])
def test_every_mode_gives_a_small_thumbnail(kind: str, mode: str, tmp_path: Path) -> None:
    checked = check(tmp_path, encoded(picture(mode, 400, 230), kind))
    assert (checked.width, checked.height) == (400, 230)
    with Image.open(io.BytesIO(checked.thumbnail)) as thumbnail:
        thumbnail.load()
        assert (thumbnail.format, thumbnail.size) == ("JPEG", (320, 184))
        assert len({*np.asarray(thumbnail.convert("L")).ravel()}) > 10


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (320, 320)])
def test_odd_sizes_have_thumbnails_too(size: tuple[int, int], tmp_path: Path) -> None:
    checked = check(tmp_path, encoded(Image.new("L", size)))
    with Image.open(io.BytesIO(checked.thumbnail)) as thumbnail:
        assert max(thumbnail.size) == min(320, max(size))
        assert min(thumbnail.size) >= 1


@pytest.mark.parametrize("mode", ["RGB", "P", "I;16", "F"])
def test_a_thumbnail_made_in_strips_is_the_same(
    mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = encoded(picture(mode, 1200, 800), "TIFF")
    at_once = check(tmp_path, data, "a.tif").thumbnail
    monkeypatch.setattr(imaging, "STRIP_PIXELS", 100_000)
    assert check(tmp_path, data, "a.tif").thumbnail == at_once


def test_ten_bits_of_sixteen_are_spread_over_the_thumbnail(tmp_path: Path) -> None:
    pixels = np.linspace(0, 1023, 64 * 64).reshape(64, 64).astype(np.uint16)
    thumbnail = check(tmp_path, encoded(Image.fromarray(pixels))).thumbnail
    with Image.open(io.BytesIO(thumbnail)) as shown:
        assert np.asarray(shown).max() > 250


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38, 1e-45])
def test_floats_that_are_no_numbers_do_no_harm(value: float, tmp_path: Path) -> None:
    pixels = np.array([[1, value], [-3e38, 3]], dtype=np.float32)
    assert check(tmp_path, encoded(Image.fromarray(pixels), "TIFF")).width == 2
    pixels = np.full((2, 2), value, dtype=np.float32)
    assert check(tmp_path, encoded(Image.fromarray(pixels), "TIFF")).width == 2


def test_transparent_colours_do_no_harm(tmp_path: Path) -> None:
    data = encoded(picture("P"), transparency=bytes(range(256)))
    assert check(tmp_path, data).extension == "png"


@pytest.mark.parametrize(
    ("kind", "name", "stored"),
    [
        ("PNG", "a.png", "png"),
        ("PNG", "a.PNG", "png"),
        ("JPEG", "a.jpeg", "jpeg"),
        ("JPEG", "a.JPG", "jpg"),
        ("JPEG", "a.png", "jpg"),
        ("TIFF", "a.tiff", "tiff"),
        ("TIFF", "a.bmp", "tif"),
        ("BMP", "a.tif", "bmp"),
    ],
)
def test_content_decides_the_stored_type(kind: str, name: str, stored: str, tmp_path: Path) -> None:
    assert check(tmp_path, encoded(picture("L"), kind), name).extension == stored


def test_a_picture_of_several_is_a_jpeg(tmp_path: Path) -> None:
    data = encoded(picture("RGB"), "MPO", save_all=True, append_images=[picture("RGB")])
    assert check(tmp_path, data).extension == "jpg"


@pytest.mark.parametrize("name", ["a.gif", "a", "png", "a.png.exe", "a.", "", "a.pn g"])
def test_other_extensions_are_refused(name: str) -> None:
    with pytest.raises(ImageRefused, match="bmp, jpeg, jpg, png, tif, tiff"):
        extension_of(name)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PPM", "ICO"])
def test_other_formats_are_refused_whatever_their_name(kind: str, tmp_path: Path) -> None:
    with pytest.raises(ImageRefused, match="not a PNG, JPEG, BMP or TIFF"):
        check(tmp_path, encoded(picture("RGB"), kind))


@pytest.mark.parametrize(
    "data",
    [
        b"no image at all",
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"II*\0" + bytes(100),
        b"MM\0*\xff\xff\xff\xff" + bytes(20),
        b"BM" + bytes(100),
        b"\xff\xd8\xff" + bytes(100),
    ],
)
def test_what_only_begins_like_an_image_is_refused(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(ImageRefused):
        check(tmp_path, data)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "TIFF"])
def test_damaged_bytes_are_taken_or_refused_never_an_accident(kind: str, tmp_path: Path) -> None:
    dice = random.Random(1)
    whole = encoded(picture("RGB", 20, 20, seed=1), kind)
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(dice.randrange(1, 6)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        try:
            check(tmp_path, bytes(data))
        except ImageRefused:
            pass


def test_a_bomb_is_refused_by_its_header(tmp_path: Path) -> None:
    with pytest.raises(ImageTooLarge, match="60000 x 60000 pixels"):
        check(tmp_path, png_bomb(), limit=300_000_000)


def test_the_limit_of_pixels_is_inclusive(tmp_path: Path) -> None:
    data = encoded(picture("L", 50, 40))
    assert check(tmp_path, data, limit=2000).width == 50
    with pytest.raises(ImageTooLarge, match="Send it in parts"):
        check(tmp_path, data, limit=1999)


def test_a_large_image_is_decoded(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("aoi.imaging.LARGE_PIXELS", 100)
    assert check(tmp_path, encoded(picture("L"))).height == 48

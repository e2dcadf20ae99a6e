from __future__ import annotations

import io

import pytest
from PIL import Image

from aoi.segformer.png import size_of


@pytest.fixture
def png() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (5, 3)).save(file, "PNG")
    return file.getvalue()


def test_tells_the_size_of_a_png(png: bytes) -> None:
    assert size_of(png) == (5, 3)


def test_takes_bytes_after_the_end(png: bytes) -> None:
    assert size_of(png + b"more") == (5, 3)


@pytest.mark.parametrize("cut", [1, 12, 20, 40])
def test_refuses_a_png_cut_short(png: bytes, cut: int) -> None:
    assert size_of(png[:-cut]) is None


def test_refuses_a_picture_without_width(png: bytes) -> None:
    assert size_of(png[:16] + bytes(4) + png[20:]) is None


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0" * 30])
def test_refuses_what_is_no_png(data: bytes) -> None:
    assert size_of(data) is None


def test_refuses_a_png_that_begins_with_another_chunk(png: bytes) -> None:
    assert size_of(png[:12] + b"IDAT" + png[16:]) is None

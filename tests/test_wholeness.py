"""A file cut short is refused, whatever its format and wherever the cut."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import pytest
import pyvips

from aoi import wholeness
from aoi.exceptions import ImageRefused
from aoi.imaging import check_image
from tests.pictures import chunk, encoded, picture

CUTS = (1, 2, 10, 100)
TIFF_COMPRESSIONS = (None, "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg")
WHOLE: dict[str, bytes] = {
    "png": encoded(picture("L", 120, 90)),
    "png-palette": encoded(picture("P", 120, 90)),
    "png-16-bit": encoded(picture("I;16", 120, 90)),
    "jpeg": encoded(picture("RGB", 120, 90), "JPEG"),
    "jpeg-progressive": encoded(picture("RGB", 120, 90), "JPEG", progressive=True),
    "jpeg-cmyk": encoded(picture("CMYK", 120, 90), "JPEG"),
    "bmp": encoded(picture("RGB", 121, 90), "BMP"),
    "bmp-1-bit": encoded(picture("1", 121, 90), "BMP"),
    "tiff-big": encoded(picture("L", 120, 90), "TIFF", big_tiff=True),
    "tiff-1-bit-fax": encoded(picture("1", 120, 90), "TIFF", compression="group4"),
    "tiff-ycbcr-lzw": encoded(picture("YCbCr", 120, 90), "TIFF", compression="tiff_lzw"),
} | {
    f"tiff-{mode}-{compression}": encoded(picture(mode, 120, 90), "TIFF", compression=compression)
    for mode in ("L", "RGB")
    for compression in TIFF_COMPRESSIONS
}


def check(tmp_path: Any, data: bytes) -> Any:
    path = tmp_path / "image"
    path.write_bytes(data)
    return check_image(path, "image.png", 1_000_000)


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_file_is_taken(name: str, tmp_path: Any) -> None:
    checked = check(tmp_path, WHOLE[name])
    assert (checked.width in (120, 121), checked.height) == (True, 90)


@pytest.mark.parametrize("name", WHOLE)
def test_a_file_cut_anywhere_is_refused(name: str, tmp_path: Any) -> None:
    data = WHOLE[name]
    for cut in (*CUTS, len(data) // 2, len(data) - 60, len(data) - 10):
        with pytest.raises(ImageRefused):
            check(tmp_path, data[: len(data) - cut])


def test_bytes_after_the_end_of_a_jpeg_do_no_harm(tmp_path: Any) -> None:
    assert check(tmp_path, WHOLE["jpeg"] + b"appended by a camera").width == 120


def test_a_changed_byte_in_a_png_is_noticed(tmp_path: Any) -> None:
    data = bytearray(WHOLE["png"])
    data[len(data) // 2] ^= 1
    with pytest.raises(ImageRefused):
        check(tmp_path, bytes(data))


def test_a_png_without_pixels_is_refused(tmp_path: Any) -> None:
    data = WHOLE["png"]
    header_only = data[:33] + data[-12:]
    with pytest.raises(ImageRefused):
        check(tmp_path, header_only)


def test_a_second_page_must_be_there_too(tmp_path: Any) -> None:
    pages = encoded(
        picture("L", 120, 90), "TIFF", save_all=True, append_images=[picture("RGB", 120, 90)]
    )
    assert check(tmp_path, pages).height == 90
    with pytest.raises(ImageRefused):
        check(tmp_path, pages[:-5000])


def test_directories_that_point_at_each_other_end(tmp_path: Any) -> None:
    data = bytearray(encoded(picture("L", 120, 90), "TIFF"))
    (first,) = struct.unpack_from("<I", data, 4)
    (entries,) = struct.unpack_from("<H", data, first)
    struct.pack_into("<I", data, first + 2 + 12 * entries, first)
    assert check(tmp_path, bytes(data)).width == 120


def rle_bitmap(body: bytes) -> bytes:
    """Return an 8-bit bitmap of 4 x 2 pixels with run lengths."""
    palette = bytes(4 * 256)
    offset = 14 + 40 + len(palette)
    header = struct.pack("<IiiHHIIiiII", 40, 4, 2, 1, 8, 1, len(body), 0, 0, 256, 0)
    return b"BM" + struct.pack("<IHHI", offset + len(body), 0, 0, offset) + header + palette + body


def test_a_bitmap_with_run_lengths_is_followed_to_its_end(tmp_path: Any) -> None:
    data = rle_bitmap(b"\x04\x01\x00\x00\x04\x02\x00\x00\x00\x01")
    assert check(tmp_path, data).width == 4
    for cut in (1, 2, 5):
        with pytest.raises(ImageRefused):
            check(tmp_path, data[:-cut])


def test_a_bitmap_of_the_oldest_kind_is_taken(tmp_path: Any) -> None:
    header = struct.pack("<IHHHH", 12, 3, 2, 1, 24)
    rows = bytes(12 * 2)
    data = b"BM" + struct.pack("<IHHI", 26 + len(rows), 0, 0, 26) + header + rows
    assert check(tmp_path, data).width == 3
    with pytest.raises(ImageRefused):
        check(tmp_path, data[:-1])


def test_a_png_with_too_few_rows_is_not_whole() -> None:
    header = struct.pack(">IIBBBBB", 64, 48, 8, 0, 0, 0, 0)

    def made(rows: int) -> memoryview:
        idat = chunk(b"IDAT", zlib.compress(bytes(65 * rows)))
        whole = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + idat + chunk(b"IEND", b"")
        return memoryview(whole)

    assert wholeness.png_is_whole(made(48))
    assert not wholeness.png_is_whole(made(47))


@pytest.mark.parametrize("size", [(1, 1), (5, 3), (8, 8), (37, 21)])
def test_an_interlaced_png_is_whole_with_all_its_passes(size: tuple[int, int]) -> None:
    image = pyvips.Image.black(*size, bands=3)
    data = bytearray(image.write_to_buffer(".png[interlace]"))
    assert wholeness.png_is_whole(memoryview(data))
    # One row more than there are.
    data[16:24] = struct.pack(">II", size[0], size[1] + 1)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    assert not wholeness.png_is_whole(memoryview(data))

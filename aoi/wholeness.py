"""Tell whether an image file was cut short, where a lenient decoder would show it all the same."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from itertools import zip_longest

# A marker other than the stuffing and restart markers that belong to a scan's data.
JPEG_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
JPEG_EOI, JPEG_SOS = 0xD9, 0xDA
# Where each pass of an interlaced one begins, and its steps (PNG, section 8.2).
PNG_PASSES = (
    (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)
)  # fmt: skip
PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# Taken and given at once: a bomb must not become large here.
DEFLATED_BYTES, INFLATED_BYTES = 1 << 16, 1 << 20
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
BMP_UNCOMPRESSED = {0, 3, 6}
TIFF_STRIPS = ((273, 279), (324, 325))  # tags of offsets and byte counts, of strips and of tiles
TIFF_STRIP_TAGS = {tag for pair in TIFF_STRIPS for tag in pair}
TIFF_INTEGERS = {3: "H", 4: "I", 16: "Q"}
# Bytes of one value by its type; 13 and 16 to 18 came after the sixth edition.
TIFF_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8} | {
    13: 4, 16: 8, 17: 8, 18: 8
}  # fmt: skip
# The forms of an entry count and of an offset, and where the first directory's offset stands.
TIFF_CLASSIC, TIFF_BIG = ("H", "I", 4), ("Q", "Q", 8)


def jpeg_is_whole(data: memoryview) -> bool:
    """Follow the segments to the end-of-image marker (ITU T.81, annex B)."""
    position = 2
    while True:
        marker = JPEG_MARKER.search(data, position)
        if marker is None:
            return False
        kind, position = data[marker.start() + 1], marker.end()
        if kind == JPEG_EOI:
            return True
        if position + 2 > len(data):
            return False
        position += int.from_bytes(data[position : position + 2], "big")


def png_is_whole(data: memoryview) -> bool:
    """Check every chunk's length and CRC up to IEND (PNG, section 5), and that all rows come."""
    position = len(PNG_SIGNATURE)
    pixels: list[memoryview] = []
    while position + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, position)
        body, end = position + 4, position + 8 + length
        if end + 4 > len(data):
            return False
        (crc,) = struct.unpack_from(">I", data, end)
        if zlib.crc32(data[body:end]) != crc:
            return False
        kind = bytes(data[body : body + 4])
        if kind == b"IEND":
            return _inflates_to(pixels, _png_bytes(data))
        if kind == b"IDAT":
            pixels.append(data[body + 4 : end])
        position = end + 4
    return False


def _png_bytes(data: memoryview) -> int:
    """Return how many bytes a PNG's filtered rows have, of all passes together."""
    width, height, depth, colour, _, _, interlaced = struct.unpack_from(">IIBBBBB", data, 16)
    bits = depth * PNG_CHANNELS.get(colour, 1)
    total = 0
    for x, y, right, down in PNG_PASSES if interlaced else ((0, 0, 1, 1),):
        columns, rows = -(-(width - x) // right), -(-(height - y) // down)
        if columns > 0 and rows > 0:
            total += rows * (1 + (columns * bits + 7) // 8)
    return total


def _inflates_to(parts: list[memoryview], wanted: int) -> bool:
    # Pillow shows the rows that are there, and black for those that are not.
    stream = zlib.decompressobj()
    try:
        for part in parts:
            for start in range(0, len(part), DEFLATED_BYTES):
                rest: bytes | memoryview = part[start : start + DEFLATED_BYTES]
                while rest and wanted > 0:
                    wanted -= len(stream.decompress(rest, INFLATED_BYTES))
                    rest = stream.unconsumed_tail
    except zlib.error:
        return False
    return wanted <= 0


def bmp_is_whole(data: memoryview) -> bool:
    """Check that all rows, or all of the compressed ones' bytes, are there (BITMAPINFOHEADER)."""
    if len(data) < 26:
        return False
    (offset, header_size) = struct.unpack_from("<II", data, 10)
    if header_size < 40:
        (width, height, _, bits) = struct.unpack_from("<HHHH", data, 18)
        compression = 0
    else:
        (width, height, _, bits, compression) = struct.unpack_from("<iiHHI", data, 18)
    if compression not in BMP_UNCOMPRESSED:
        (size,) = struct.unpack_from("<I", data, 34)
        return bool(offset + size <= len(data))
    row = (abs(width) * bits + 31) // 32 * 4
    return bool(offset + row * abs(height) <= len(data))


def tiff_is_whole(data: memoryview) -> bool:
    """Check that every page's directory, values, strips and tiles are there (TIFF 6.0)."""
    order = "<" if bytes(data[:2]) == b"II" else ">"
    (version,) = struct.unpack_from(f"{order}H", data, 2)
    form = TiffForm(order, *(TIFF_BIG if version == 43 else TIFF_CLASSIC))
    offset, seen = form.offset_at(data, form.first), set[int]()
    while offset and offset not in seen:
        seen.add(offset)
        (entries,) = struct.unpack_from(order + form.count, data, offset)
        start = offset + struct.calcsize(form.count)
        after = start + entries * form.entry_bytes
        if after + form.offset_bytes > len(data):
            return False
        values = [form.values(data, start + n * form.entry_bytes) for n in range(entries)]
        if None in values or not _strips_are_there(dict(filter(None, values)), len(data)):
            return False
        offset = form.offset_at(data, after)
    return True


@dataclass(frozen=True)
class TiffForm:
    """How numbers are laid out in a file: 32-bit offsets, or the 64-bit ones of BigTIFF."""

    order: str
    count: str
    offset: str
    first: int

    @property
    def offset_bytes(self) -> int:
        return struct.calcsize(self.offset)

    @property
    def entry_bytes(self) -> int:
        return 4 + 2 * self.offset_bytes

    def offset_at(self, data: memoryview, position: int) -> int:
        return int(struct.unpack_from(self.order + self.offset, data, position)[0])

    def values(self, data: memoryview, position: int) -> tuple[int, tuple[int, ...]] | None:
        """Return an entry's tag with its numbers, if they are whole ones; None if not all there."""
        tag, kind = struct.unpack_from(f"{self.order}HH", data, position)
        number = self.offset_at(data, position + 4)
        size = number * TIFF_SIZES.get(kind, 0)
        place = position + 4 + self.offset_bytes
        if size > self.offset_bytes:
            place = self.offset_at(data, place)
        if place + size > len(data):
            return None
        if tag not in TIFF_STRIP_TAGS or kind not in TIFF_INTEGERS:
            return tag, ()
        return tag, struct.unpack_from(f"{self.order}{number}{TIFF_INTEGERS[kind]}", data, place)


def _strips_are_there(values: dict[int, tuple[int, ...]], size: int) -> bool:
    for offsets, counts in TIFF_STRIPS:
        places = zip_longest(values.get(offsets, ()), values.get(counts, ()), fillvalue=0)
        if any(offset + count > size for offset, count in places):
            return False
    return True


CHECKS: dict[str, Callable[[memoryview], bool]] = {
    "JPEG": jpeg_is_whole,
    "MPO": jpeg_is_whole,
    "PNG": png_is_whole,
    "BMP": bmp_is_whole,
    "DIB": bmp_is_whole,
    "TIFF": tiff_is_whole,
}

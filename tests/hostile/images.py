"""Files that are no whole image of a kind that is taken, whatever they begin with."""

from __future__ import annotations

import struct
import zlib

from PIL import Image

from tests.hostile.attack import MULTIPART, Attack, form
from tests.pictures import chunk, encoded, jpeg, picture, png, png_bomb

KINDS = {"PNG": "png", "JPEG": "jpg", "BMP": "bmp", "TIFF": "tif"}
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def images() -> list[Attack]:
    """Return each broken file with the status of its refusal."""
    found = {**cut(), **damaged(), **foreign(), **bombs()}
    return [
        Attack(name, status, body=form(data, file), headers=MULTIPART)
        for name, (data, file, status) in found.items()
    ]


def cut() -> dict[str, tuple[bytes, str, int]]:
    """Files of each kind, cut at their beginning, in their midst and before their end."""
    found = {}
    for kind, extension in KINDS.items():
        whole = encoded(picture("RGB"), kind)
        for name, data in {
            "2 bytes": whole[:2],
            "only its head": whole[:30],
            "half": whole[: len(whole) // 2],
            "nine tenths": whole[: len(whole) * 9 // 10],
            "without its last byte": whole[:-1],
            "zeros from its midst on": whole[: len(whole) // 2] + bytes(len(whole) // 2),
            "without its first byte": whole[1:],
        }.items():
            # A picture may be black, where nothing checks its bytes.
            if not (kind in ("BMP", "TIFF") and name.startswith("zeros")):
                found[f"{kind}: {name}"] = (data, f"a.{extension}", 400)
    compressed = encoded(picture("RGB"), "TIFF", compression="tiff_lzw")
    found["TIFF, LZW: half"] = (compressed[: len(compressed) // 2], "a.tif", 400)
    return found


def damaged() -> dict[str, tuple[bytes, str, int]]:
    """Files whose own figures or sums are wrong."""
    whole = png()
    ihdr = struct.pack(">IIBBBBB", 64, 48, 8, 0, 0, 0, 0)
    idat, iend = chunk(b"IDAT", zlib.compress(bytes(65 * 48))), chunk(b"IEND", b"")

    def made(header: bytes, *chunks: bytes) -> bytes:
        return PNG_SIGNATURE + chunk(b"IHDR", header) + b"".join(chunks)

    def sized(width: int, height: int) -> bytes:
        return struct.pack(">II", width, height) + ihdr[8:]

    bmp, tiff, photo = (encoded(picture("RGB"), kind) for kind in ("BMP", "TIFF", "JPEG"))
    frame = photo.index(b"\xff\xc0")
    return {
        "PNG: wrong CRC of IHDR": (whole[:29] + b"\0\0\0\0" + whole[33:], "a.png", 400),
        "PNG: wrong CRC of IDAT": (whole[:-16] + b"\0\0\0\0" + whole[-12:], "a.png", 400),
        "PNG: no IHDR": (PNG_SIGNATURE + idat + iend, "a.png", 400),
        "PNG: no IDAT": (made(ihdr, iend), "a.png", 400),
        "PNG: no IEND": (made(ihdr, idat), "a.png", 400),
        "PNG: width 0": (made(sized(0, 48), idat, iend), "a.png", 400),
        "PNG: height 0": (made(sized(64, 0), idat, iend), "a.png", 400),
        "PNG: too few rows": (made(sized(64, 4800), idat, iend), "a.png", 400),
        "PNG: a bit depth of 7": (made(ihdr[:8] + b"\x07" + ihdr[9:], idat, iend), "a.png", 400),
        "PNG: colour type 5": (made(ihdr[:9] + b"\x05" + ihdr[10:], idat, iend), "a.png", 400),
        "PNG: IDAT that is no zlib": (
            made(ihdr, chunk(b"IDAT", b"not zlib at all"), iend),
            "a.png",
            400,
        ),
        "PNG: a chunk longer than the file": (
            made(ihdr, struct.pack(">I", 2**31 - 1) + b"IDAT" + bytes(9)),
            "a.png",
            400,
        ),
        "JPEG: only its markers": (b"\xff\xd8\xff\xd9", "a.jpg", 400),
        "JPEG: no frame": (photo[:frame] + b"\xff\xd9", "a.jpg", 400),
        "JPEG: size 0": (photo[: frame + 5] + bytes(4) + photo[frame + 9 :], "a.jpg", 400),
        "BMP: width 0": (bmp[:18] + bytes(4) + bmp[22:], "a.bmp", 400),
        "BMP: rows that are not there": (
            bmp[:22] + struct.pack("<i", 4000) + bmp[26:],
            "a.bmp",
            400,
        ),
        "BMP: 17 bits a pixel": (bmp[:28] + b"\x11\0" + bmp[30:], "a.bmp", 400),
        "BMP: data after the end": (bmp[:10] + b"\xff\xff\xff\x7f" + bmp[14:], "a.bmp", 400),
        "BMP: a header of 3 bytes": (bmp[:14] + b"\3\0\0\0" + bmp[18:], "a.bmp", 400),
        "TIFF: a directory after the end": (
            tiff[:4] + b"\xff\xff\xff\x7f" + tiff[8:],
            "a.tif",
            400,
        ),
        "TIFF: a directory at 0": (tiff[:4] + bytes(4) + tiff[8:], "a.tif", 400),
        "TIFF: 65535 entries": (b"II*\0\x08\0\0\0\xff\xff" + bytes(60), "a.tif", 400),
        "TIFF: a directory that is its own next": (
            b"II*\0\x08\0\0\0\0\0\x08\0\0\0" + bytes(40),
            "a.tif",
            400,
        ),
        "BigTIFF: offsets of 2^63": (
            b"II+\0\x08\0\0\0" + b"\xff" * 7 + b"\x7f" + bytes(40),
            "a.tif",
            400,
        ),
    }


def foreign() -> dict[str, tuple[bytes, str, int]]:
    """What is whole, but nothing to inspect."""
    gif = encoded(picture("P"), "GIF", save_all=True, append_images=[picture("P")])
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'
    return {
        "an animated GIF as PNG": (gif, "a.png", 400),
        "WebP as JPEG": (encoded(picture("RGB"), "WEBP"), "a.jpg", 400),
        "ICO as BMP": (encoded(picture("RGB"), "ICO"), "a.bmp", 400),
        "EPS, which would be run": (
            b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
            "a.png",
            400,
        ),
        "SVG that reads a file": (svg, "a.png", 400),
        "PDF": (b"%PDF-1.7\n" + bytes(99), "a.tif", 400),
        "a ZIP": (b"PK\x03\x04" + bytes(99), "a.png", 400),
        "a program": (b"\x7fELF" + bytes(99), "a.png", 400),
        "HTML": (b"<html><script>alert(1)</script></html>", "a.png", 400),
        "a delegate's script": (b"push graphic-context\nviewbox 0 0 9 9\n", "a.png", 400),
        "XML that grows": (b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>', "a.tif", 400),
        "zeros": (bytes(5000), "a.png", 400),
        "one byte": (b"\x89", "a.png", 400),
        "nothing": (b"", "a.png", 400),
        "an image after other bytes": (b"\r\n" + png(), "a.png", 400),
    }


def bombs() -> dict[str, tuple[bytes, str, int]]:
    """Small files that promise more than the limits, or more than they hold."""
    bmp, tiff, photo = encoded(picture("RGB"), "BMP"), _tiff(60_000, 60_000), jpeg()
    frame = photo.index(b"\xff\xc0") + 5
    text = chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(80_000_000), 1))
    return {
        "PNG of 3.6 gigapixels": (png_bomb(), "a.png", 413),
        "PNG of 2^31 pixels a side": (png_bomb(2**31 - 1, 2**31 - 1), "a.png", 413),
        "PNG just over the limit": (png_bomb(17_321, 17_321), "a.png", 413),
        "JPEG of 4.3 gigapixels": (photo[:frame] + b"\xff" * 4 + photo[frame + 4 :], "a.jpg", 413),
        "BMP of 4 gigapixels": (
            bmp[:18] + struct.pack("<ii", 64_000, 64_000) + bmp[26:],
            "a.bmp",
            413,
        ),
        "TIFF of 3.6 gigapixels": (tiff, "a.tif", 413),
        "PNG with 80 MB of text in 80 kB": (png()[:33] + text + png()[33:], "a.png", 400),
        "PNG of 16 megapixels of nothing": (png_bomb(4000, 4000), "a.png", 400),
        "PNG with more data than pixels, cut": (
            encoded(Image.new("L", (2000, 2000)))[:-30],
            "a.png",
            400,
        ),
    }


def _tiff(width: int, height: int) -> bytes:
    entries = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1),
               (262, 3, 1, 1), (273, 4, 1, 8), (277, 3, 1, 1), (278, 4, 1, height),
               (279, 4, 1, 100)]  # fmt: skip
    packed = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + packed + bytes(4)

"""What the stub answers to an image: all of it follows from the image's SHA-256 and its size.

So a test can compute what must have been stored for that very image. The pictures are whole,
decodable PNG files: black, with the hash in a text chunk, and filled up to the wanted size by a
chunk that decoders skip. The filling is the same in every answer and encoded once.
"""

from __future__ import annotations

import base64
import json
import random
import struct
import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

CLASSES = {1: "PI_Particle", 2: "PR_Peeling", 3: "Copper_Nodule", 4: "Env_Particle"}
TYPICAL_REGIONS = 40
ZEROS = 1_000_000
SIGNATURE = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class ExpectedAnswer:
    """The parts of one answer, as the agent must store them."""

    combined: bytes
    mask: bytes
    overlay: bytes
    analysis_json: bytes
    total_defects: int
    processing_time: float


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


END = chunk(b"IEND", b"")


@lru_cache(maxsize=64)
def _picture(width: int, height: int) -> bytes:
    """Return signature, header and pixels of a black RGB picture."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", _zeros((1 + 3 * width) * height))


def _zeros(count: int) -> bytes:
    """Return `count` zero bytes as a zlib stream, one block of it repeated: at once for a GB."""
    full, rest = divmod(count, ZEROS)
    blocks = _deflated(ZEROS) * full + _deflated(rest)
    checksum = struct.pack(">HH", count % 65521, 1)  # Adler-32 of nothing but zeros
    return b"\x78\x01" + blocks + b"\x03\x00" + checksum


@lru_cache(maxsize=8)
def _deflated(zeros: int) -> bytes:
    squeeze = zlib.compressobj(1, wbits=-15)
    return squeeze.compress(bytes(zeros)) + squeeze.flush(zlib.Z_FULL_FLUSH)


def _head(name: str, sha256: str, width: int, height: int) -> bytes:
    """Return all of a picture before its filling, of a length that base64 needs no padding for."""
    text = f"Comment\0{name} of {sha256}".encode()
    head = _picture(width, height)
    text += b" " * (-(len(head) + 12 + len(text)) % 3)
    return head + chunk(b"tEXt", text)


def _filling(size: int) -> bytes:
    """Return a chunk of about `size` bytes that no decoder looks at."""
    if size < 15:
        return b""
    return chunk(b"fiLl", random.Random(7).randbytes((size - 12) // 3 * 3))


class Answers:
    """Makes answers of about `answer_mb` million bytes."""

    def __init__(self, answer_mb: float = 14.0, regions: int = TYPICAL_REGIONS) -> None:
        picture_bytes = int(max(answer_mb - 0.1, 0) * 1e6 * 3 / 4)
        self.regions = regions
        # The combined picture shows the input too and is about twice the overlay.
        self.fillings = {
            "combined": _filling(picture_bytes * 2 // 3),
            "overlay": _filling(picture_bytes // 3),
            "mask": b"",
        }
        self.encoded = {name: base64.b64encode(data) for name, data in self.fillings.items()}
        self._end = base64.b64encode(END)

    def expected(self, sha256: str, width: int, height: int) -> ExpectedAnswer:
        analysis, time_taken = self.analysis(sha256, width, height)
        return ExpectedAnswer(
            combined=self._png("combined", sha256, 2 * width, height),
            mask=self._png("mask", sha256, width, height),
            overlay=self._png("overlay", sha256, width, height),
            analysis_json=_json(analysis),
            total_defects=_total(analysis),
            processing_time=time_taken,
        )

    def document(self, sha256: str, width: int, height: int) -> dict[str, Any]:
        """Return a whole answer as Python objects."""
        parts = self.expected(sha256, width, height)
        return {
            "success": True,
            "filename": "image.png",
            "combined_image": base64.b64encode(parts.combined).decode(),
            "mask_image": base64.b64encode(parts.mask).decode(),
            "overlay_image": base64.b64encode(parts.overlay).decode(),
            "total_defects": parts.total_defects,
            "processing_time": parts.processing_time,
            "analysis_results": json.loads(parts.analysis_json),
            "timestamp": "20260224_173820",
        }

    def pieces(self, sha256: str, width: int, height: int) -> list[bytes]:
        """Return a whole answer as JSON, in pieces of which the large ones are shared.

        Keys stand in the order of Flask's jsonify, which sorts them.
        """
        analysis, time_taken = self.analysis(sha256, width, height)
        before = b'{"analysis_results":' + _json(analysis) + b',"combined_image":"'
        after = (
            f'","processing_time":{time_taken!r},"success":true,'
            f'"timestamp":"20260224_173820","total_defects":{_total(analysis)}}}\n'
        )
        return [
            before,
            *self._base64("combined", sha256, 2 * width, height),
            b'","filename":"image.png","mask_image":"',
            *self._base64("mask", sha256, width, height),
            b'","overlay_image":"',
            *self._base64("overlay", sha256, width, height),
            after.encode(),
        ]

    def analysis(self, sha256: str, width: int, height: int) -> tuple[dict[str, Any], float]:
        """Return `analysis_results` and `processing_time` for an image."""
        dice = random.Random(sha256)
        time_taken = dice.uniform(0.5, 3)
        most = 2 * self.regions // len(CLASSES)
        classes = {
            f"{number}_{name}": _class(number, dice, dice.randint(0, most), width, height)
            for number, name in CLASSES.items()
        }
        performance = {
            "processing_time_seconds": round(time_taken, 4),
            "timestamp": "2026-02-24 17:38:20",
        }
        return {
            "classes": classes,
            "image_shape": {"height": height, "width": width},
            "image_sha256": sha256,  # a key that the contract does not name
            "performance": performance,
        }, time_taken

    def _png(self, name: str, sha256: str, width: int, height: int) -> bytes:
        return _head(name, sha256, width, height) + self.fillings[name] + END

    def _base64(self, name: str, sha256: str, width: int, height: int) -> list[bytes]:
        return [
            base64.b64encode(_head(name, sha256, width, height)),
            self.encoded[name],
            self._end,
        ]


def _class(number: int, dice: random.Random, count: int, width: int, height: int) -> dict[str, Any]:
    regions = [_region(index + 1, dice, width, height) for index in range(count)]
    return {
        "class_id": number,
        "regions": regions,
        "total_area_pixels": sum(region["area_pixels"] for region in regions),
        "total_regions": count,
    }


def _region(number: int, dice: random.Random, width: int, height: int) -> dict[str, Any]:
    box_width = dice.randint(1, max(1, min(60, width // 2)))
    box_height = dice.randint(1, max(1, min(60, height // 2)))
    x, y = dice.randint(0, width - box_width), dice.randint(0, height - box_height)
    major = dice.uniform(1, 60)
    minor = dice.uniform(0.5, major)
    return {
        "area_pixels": dice.randint(0, box_width * box_height),
        "aspect_ratio": major / minor,
        "bounding_box": {"height": box_height, "width": box_width, "x": x, "y": y},
        "centroid": {"x": x + box_width * dice.random(), "y": y + box_height * dice.random()},
        "circularity": dice.uniform(0, 1.1),
        "major_axis": major,
        "minor_axis": minor,
        "perimeter": dice.uniform(0, 300),
        "region_id": number,
    }


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _total(analysis: dict[str, Any]) -> int:
    return sum(item["total_regions"] for item in analysis["classes"].values())


@lru_cache(maxsize=4)
def _answers(answer_mb: float, regions: int) -> Answers:
    return Answers(answer_mb, regions)


def expected_answer(
    sha256: str,
    width: int,
    height: int,
    answer_mb: float = 14.0,
    regions: int = TYPICAL_REGIONS,
) -> ExpectedAnswer:
    """Return what a stub started with `answer_mb` and `regions` answers to an image."""
    return _answers(answer_mb, regions).expected(sha256, width, height)

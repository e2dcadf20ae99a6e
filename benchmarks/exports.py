"""Measure exports of the real product, each beside a plain way of reading the same.

python -m benchmarks.exports [--images 20000] [--pictures 150] [--json PATH]

Rows are held against PostgreSQL's own COPY of them, the ZIP against reading its files. First it
has every mask traced, then what was traced is kept: both are told.
"""

from __future__ import annotations

import argparse
import io
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import psycopg2
import requests
from PIL import Image

from aoi.embedded import running_url
from aoi.segformer.checks.mask import COLOURS
from aoi.storage import Storage
from benchmarks import pictures
from tests.product import Product
from tests.stub import StubService

COPY = """
    COPY (SELECT regions.*, class_name, timestamp FROM regions
            JOIN classes USING (class_unique_id)
            JOIN images ON images.img_unique_id = regions.img_unique_id
           ORDER BY timestamp DESC, region_unique_id DESC) TO STDOUT (FORMAT csv)
"""
REPEATS = 3


class Bench:
    """One run: a seeded product, and the figures so far."""

    def __init__(self, product: Product, pictured: int) -> None:
        self.product, self.pictured = product, pictured
        self.storage = Storage(product.data_dir)
        self.figures: dict[str, Any] = {}

    def rows(self, name: str) -> None:
        """Export all regions: rows a second, beside COPY."""
        regions = self._get("/stats")["total_defects"]
        seconds, first, size = self._best(lambda: self._fetch("GET", name))
        plain = min(self._copied() for _ in range(REPEATS))
        self.figures[name] = {
            "rows": regions,
            "rows_a_second": regions / seconds,
            "first_byte_ms": 1000 * first,
            "bytes": size,
            "ratio_to_copy": seconds / plain,
        }
        _say(
            f"{name:<16} {regions:,} rows: {regions / seconds:9,.0f} rows/s, first byte "
            f"{1000 * first:.0f} ms, {seconds / plain:.1f} times PostgreSQL's own COPY"
        )

    def zips(self) -> None:
        """Export images with their files; as a dataset masks are traced first, then kept."""
        ids = self._pictures()
        body = {"ids": ids}
        runs = {"dataset.zip, masks traced first": [self._fetch("POST", "dataset.zip", body)]}
        for name, title in (("dataset.zip", ", masks kept"), ("images.zip", "")):
            runs[name + title] = [self._fetch("POST", name, body) for _ in range(REPEATS)]
        plain = min(self._read_plainly(ids) for _ in range(REPEATS))
        for title, outcomes in runs.items():
            seconds, first, size = min(outcomes)
            self.figures[title] = {
                "images": len(ids),
                "mb_a_second": size / seconds / 1e6,
                "first_byte_ms": 1000 * first,
                "ratio_to_reading": seconds / plain,
            }
            _say(
                f"{title:<32} {len(ids)} images, {size / 1e6:.0f} MB: "
                f"{size / seconds / 1e6:.0f} MB/s, first byte {1000 * first:.0f} ms, "
                f"{seconds / plain:.1f} times reading the files"
            )

    def _pictures(self) -> list[str]:
        """Give the newest images a picture of 2 MB and a mask of their regions."""
        data = pictures.draw("png")
        listed: list[Any] = []
        while len(listed) < self.pictured:
            page = len(listed) // 100 + 1
            listed += self._get(f"/images?limit=100&page={page}")["images"]
        for image in listed[: self.pictured]:
            path = self.storage.absolute(image["input_image_path"])
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            self._mask(image)
        return [image["img_unique_id"] for image in listed[: self.pictured]]

    def _mask(self, image: dict[str, Any]) -> None:
        unique_id = image["img_unique_id"]
        canvas = np.zeros((image["image_height"], image["image_width"], 3), np.uint8)
        for each in self._get(f"/images/{unique_id}/regions")["classes"]:
            for region in each["regions"]:
                box = region["bounding_box"]
                half = max(1, box["width"] // 2), max(1, box["height"] // 2)
                middle = box["x"] + half[0], box["y"] + half[1]
                colour = COLOURS[each["class_id"]]
                cv2.ellipse(canvas, middle, half, 0, 0, 360, colour, thickness=-1)
        path = self.storage.absolute(self.storage.result_path(unique_id, "mask"))
        path.parent.mkdir(parents=True, exist_ok=True)
        file = io.BytesIO()
        Image.fromarray(canvas).save(file, "PNG")
        path.write_bytes(file.getvalue())

    def _best(self, run: Callable[[], tuple[float, float, int]]) -> tuple[float, float, int]:
        return min(run() for _ in range(REPEATS))

    def _fetch(self, method: str, name: str, body: Any = None) -> tuple[float, float, int]:
        """Return seconds in all, seconds to the first byte of the body, and bytes."""
        began = time.perf_counter()
        address = f"{self.product.url}/export/{name}"
        with requests.request(method, address, json=body, stream=True, timeout=900) as answer:
            answer.raise_for_status()
            pieces = answer.raw.stream(1 << 20)
            size = len(next(pieces))
            first = time.perf_counter() - began
            size += sum(len(piece) for piece in pieces)
        return time.perf_counter() - began, first, size

    def _copied(self) -> float:
        with psycopg2.connect(running_url(self.product.data_dir)) as link, link.cursor() as cursor:
            began = time.perf_counter()
            cursor.copy_expert(COPY, io.BytesIO())
            return time.perf_counter() - began

    def _read_plainly(self, ids: list[str]) -> float:
        began = time.perf_counter()
        for unique_id in ids:
            for path in self.storage.root.glob(f"uploads/{unique_id[:8]}/{unique_id}_*"):
                path.read_bytes()
            self.storage.class_map_path(unique_id).read_bytes()
        return time.perf_counter() - began

    def _get(self, path: str) -> Any:
        answer = requests.get(f"{self.product.url}{path}", timeout=60)
        answer.raise_for_status()
        return answer.json()


def _say(line: str) -> None:
    print(line, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure exports.")
    parser.add_argument("--images", type=int, default=20_000, help="seeded, about ten regions each")
    parser.add_argument("--pictures", type=int, default=150, help="of them in the dataset")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, StubService() as stub:
        with Product(Path(folder), SEGFORMER_SERVICE_URL=stub.url) as product:
            seeded = product.command("seed", "--images", str(arguments.images), "--seed", "1")
            if seeded.returncode:
                raise SystemExit(seeded.stderr)
            bench = Bench(product, min(arguments.pictures, arguments.images))
            bench.rows("defects.csv")
            bench.rows("defects.parquet")
            bench.zips()
    if arguments.json:
        arguments.json.write_text(json.dumps(bench.figures, indent=2))


if __name__ == "__main__":
    main()

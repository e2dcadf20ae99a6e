"""Images and regions in COCO's form, with the outlines that the stored masks hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any

import orjson
from sqlalchemy import Row

from aoi.exports.packing import PackedIds
from aoi.exports.rows import FoundRegion, classes_of_images, image_rows, regions_of_images
from aoi.exports.selecting import Chunks
from aoi.exports.streams import prepared
from aoi.outlines.cache import Outlines, read_outlines
from aoi.storage import Storage
from aoi.times import utc_text

# Read at once, so that an image of ten thousand regions does not come with a thousand others.
REGIONS_AT_ONCE = 5000
# Of the ids that a second name of one class number gets.
SPARE_CATEGORY_IDS = 1000


@dataclass(frozen=True)
class Source:
    """Where the masks are, and how a picture is linked to: its image's id to its address."""

    storage: Storage
    input_link: Callable[[str], str]


@dataclass
class Categories:
    """COCO's categories: a class's number, or another where two classes share one."""

    _ids: dict[tuple[int, str], int] = field(default_factory=dict)

    def id_of(self, class_id: int, name: str) -> int:
        known = self._ids.get((class_id, name))
        if known is None:
            taken = set(self._ids.values())
            known = class_id
            if known in taken:
                known = max(SPARE_CATEGORY_IDS, *taken) + 1
            self._ids[class_id, name] = known
        return known

    def listed(self) -> list[dict[str, Any]]:
        return [
            {"id": number, "name": name, "supercategory": "defect"}
            for (_, name), number in self._ids.items()
        ]


def file_name(row: Row[Any]) -> str:
    """Return where a dataset has an image, below the folder of its images."""
    folder = "bad" if row.total_defects else "good"
    return f"{folder}/{row.img_unique_id}{PurePath(row.input_image_path).suffix}"


def coco_json(chunks: Chunks, source: Source) -> Iterator[bytes]:
    """Yield the COCO document of the images and all their regions.

    The images' ids are remembered, 24 bytes each, as the annotations come after all images.
    """
    ids, categories = PackedIds(), Categories()
    info = {"description": "Inspected images", "date_created": utc_text(datetime.now(UTC))}
    yield b'{"info": ' + orjson.dumps(info) + b',\n"licenses": [],\n"images": ['
    yield from _separated(_images(chunks, ids, categories, source))
    yield b'],\n"annotations": ['
    yield from _separated(_annotations(ids, categories, source.storage))
    yield b'],\n"categories": ' + orjson.dumps(categories.listed()) + b"}\n"


def _separated(items: Iterator[bytes]) -> Iterator[bytes]:
    between = b"\n"
    for item in items:
        yield between + item
        between = b",\n"


def _images(
    chunks: Chunks, ids: PackedIds, categories: Categories, source: Source
) -> Iterator[bytes]:
    for chunk in chunks:
        rows = image_rows(chunk)
        for known in classes_of_images(chunk):
            categories.id_of(known.class_id, known.class_name)
        for row in rows:
            ids.append(row.img_unique_id)
            yield orjson.dumps(
                {
                    "id": len(ids),
                    "file_name": file_name(row),
                    "width": row.image_width,
                    "height": row.image_height,
                    "date_captured": utc_text(row.timestamp),
                    "coco_url": source.input_link(row.img_unique_id),
                    "img_unique_id": row.img_unique_id,
                    "original_filename": row.original_filename,
                }
            )


def _annotations(ids: PackedIds, categories: Categories, storage: Storage) -> Iterator[bytes]:
    number = image_number = 0
    for chunk in ids.chunks():
        numbers = {unique_id: image_number + n for n, unique_id in enumerate(chunk, 1)}
        image_number += len(chunk)
        for portion in _portions(chunk):
            regions = regions_of_images(portion)
            found = [unique_id for unique_id in portion if unique_id in regions]
            for unique_id, outlines in prepared(lambda key: read_outlines(storage, key), found):
                for region in regions[unique_id]:
                    number += 1
                    category = categories.id_of(region.class_id, region.class_name)
                    head = {"id": number, "image_id": numbers[unique_id], "category_id": category}
                    yield orjson.dumps(head | _annotation(region, outlines))


def _portions(ids: list[str]) -> Iterator[list[str]]:
    portion: list[str] = []
    size = 0
    for row in image_rows(ids):
        if portion and size + row.total_defects > REGIONS_AT_ONCE:
            yield portion
            portion, size = [], 0
        portion.append(row.img_unique_id)
        size += row.total_defects
    if portion:
        yield portion


def _annotation(region: FoundRegion, outlines: Outlines) -> dict[str, Any]:
    outline = outlines.of(region.class_id, region.box)
    # Without a shape there is an empty list, which importers read as a box.
    polygons = [[value for corner in outline for value in corner]] if outline else []
    return {
        "bbox": region.box,
        "area": region.area_pixels,
        "segmentation": polygons,
        "iscrowd": 0,
        "region_unique_id": region.region_unique_id,
    }

"""Read images and their regions from PostgreSQL into columns."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

import numpy as np
from sqlalchemy import Connection, text

from aoi.search.filters import EPOCH
from aoi.search.part import Class
from aoi.search.segment import ID, REGION_COLUMNS, Segment, build, empty

# Few enough for a plan that follows the indexes, and for memory.
CHUNK = 2000

IMAGES = text(
    """
    SELECT images.img_unique_id, (extract(epoch FROM images.timestamp) * 1000000)::bigint,
           coalesce(uploads.total_defects, 0), coalesce(uploads.batch_id, ''),
           uploads.original_filename
      FROM images JOIN uploads USING (img_unique_id)
     WHERE images.img_unique_id = ANY(:ids)
    """
)
# In PostgreSQL's binary form, as ten million rows take minutes as Python's numbers.
REGIONS = """
COPY (
    SELECT wanted.place::integer, codes.code::integer, regions.region_id, regions.area_pixels,
           regions.circularity, regions.aspect_ratio,
           regions.centroid_x / images.image_width, regions.centroid_y / images.image_height
      FROM unnest(%s::varchar[]) WITH ORDINALITY AS wanted (img_unique_id, place)
      JOIN images USING (img_unique_id)
      JOIN regions USING (img_unique_id)
      JOIN classes USING (class_unique_id)
      JOIN unnest(%s::integer[], %s::varchar[]) WITH ORDINALITY
           AS codes (class_id, class_name, code)
        ON codes.class_id = classes.class_id AND codes.class_name = classes.class_name
) TO STDOUT (FORMAT binary)
"""
CLASSES = text("SELECT DISTINCT class_id, class_name FROM daily_classes WHERE inspected > 0")
# In the order of segments, which compare ids byte by byte.
IDS = text(
    """
    SELECT img_unique_id, timestamp FROM images
     WHERE timestamp >= :time
       AND (timestamp > :time OR img_unique_id COLLATE "C" > :last)
     ORDER BY timestamp, img_unique_id COLLATE "C"
     LIMIT :limit
    """
)
# The signature, flags and extension of the binary form; a field is its length and its bytes.
_HEADER = 19
_FIELDS = ("place", "code", "number", "area", "circularity", "aspect_ratio", "x", "y")
_KINDS = (">i4", ">i4", ">i4", ">i4", ">f8", ">f8", ">f8", ">f8")
_ROW = np.dtype(
    [("fields", ">i2")]
    + [part for name, kind in zip(_FIELDS, _KINDS, strict=True)
       for part in ((f"{name}_length", ">i4"), (name, kind))]
)  # fmt: skip


def add_classes(connection: Connection, classes: Sequence[Class]) -> list[Class]:
    """Return the classes with those added that are new; what a code means never changes."""
    known = set(classes)
    rows = [(number, name) for number, name in connection.execute(CLASSES)]
    return [*classes, *sorted(row for row in rows if row not in known)]


def load_all(connection: Connection, classes: Sequence[Class]) -> Iterator[Segment]:
    """Yield all images in order, a chunk at a time."""
    last, time = "", EPOCH
    while rows := connection.execute(IDS, {"last": last, "time": time, "limit": CHUNK}).all():
        yield _chunk(connection, [row[0] for row in rows], classes)
        last, time = rows[-1]


def load(connection: Connection, ids: Sequence[str], classes: Sequence[Class]) -> list[Segment]:
    """Return the images of these ids that there are."""
    chunks = [ids[n : n + CHUNK] for n in range(0, len(ids), CHUNK)]
    return [_chunk(connection, chunk, classes) for chunk in chunks] or [empty()]


def _chunk(connection: Connection, ids: Sequence[str], classes: Sequence[Class]) -> Segment:
    rows = connection.execute(IMAGES, {"ids": list(ids)}).all()
    if not rows:
        return empty()
    found, times, defects, batches, names = zip(*rows, strict=True)
    regions = _regions(connection, found, classes)
    return build(
        ids=np.array([each.encode() for each in found], ID),
        times=np.array(times, np.int64),
        defects=np.array(defects, np.int32),
        batches=np.array([each.encode() for each in batches], ID),
        names=[name.lower().encode() + b"\0" for name in names],
        region_counts=np.bincount(regions["place"] - 1, minlength=len(found)),
        regions={
            "classes": (regions["code"] - 1).astype(np.uint16),
            "numbers": regions["number"].astype(np.int32),
            **{name: regions[name].astype(REGION_COLUMNS[name])
               for name in ("area", "circularity", "aspect_ratio", "x", "y")},
        },
    )  # fmt: skip


def _regions(connection: Connection, ids: Sequence[str], classes: Sequence[Class]) -> Any:
    """Return the regions, image by image, each image's from the last class and region down."""
    buffer = io.BytesIO()
    numbers, names = [number for number, _ in classes], [name for _, name in classes]
    with closing(connection.connection.cursor()) as cursor:
        link: Any = cursor
        link.copy_expert(link.mogrify(REGIONS, (list(ids), numbers, names)), buffer)
    # The form ends with a field count of -1.
    rows = np.frombuffer(buffer.getbuffer()[_HEADER:-2], _ROW)
    class_ids = np.array([0, *numbers])[rows["code"]]
    return rows[np.lexsort((-rows["number"], -class_ids, rows["place"]))]

"""Pictures for seeded images: drawn after their rows, which are then measured from them."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageDraw
from sqlalchemy import delete, select

from aoi import recording
from aoi.config import ROOT
from aoi.durable import make_folder
from aoi.extensions import db
from aoi.imaging import check_image
from aoi.models import DefectClass, Image, Region, Upload
from aoi.seeding.measuring import ClassMap, analyse
from aoi.segformer.analysis import Analysis, Answer, ClassResult
from aoi.segformer.checks.mask import COLOURS
from aoi.segformer.contract import region_of
from aoi.storage import Storage

PANEL = ROOT / "static" / "samples" / "panel_clean.jpg"
# How bright particles, peeling, nodules and foreign matter are; the first is of no class.
TONES = np.array([0, 45, 190, 235, 80], np.float32)
FORMATS = {"jpg": "JPEG", "tif": "TIFF"}
# A larger one would take seconds to encode, for nothing that a smaller one does not show.
MOST_PIXELS = 2048 * 2048

Grey = NDArray[np.uint8]
Shape = tuple[int, Region]


def add_pictures(storage: Storage, ids: Iterable[str], max_pixels: int) -> int:
    """Give seeded images files, each committed; return how many have some now."""
    added = 0
    for turn, unique_id in enumerate(ids):
        upload = db.session.get(Upload, unique_id, with_for_update=True)
        if upload is not None and _may_have_files(upload, storage):
            _add(upload, turn, storage, max_pixels)
            added += 1
        db.session.commit()
    return added


def _may_have_files(upload: Upload, storage: Storage) -> bool:
    image = db.session.get(Image, upload.img_unique_id)
    if image is None or image.image_width * image.image_height > MOST_PIXELS:
        return False
    return not storage.absolute(image.input_image_path).exists()


def _add(upload: Upload, turn: int, storage: Storage, max_pixels: int) -> None:
    unique_id = upload.img_unique_id
    image = db.session.get_one(Image, unique_id)
    shapes = db.session.execute(
        select(DefectClass.class_id, Region)
        .join(DefectClass, DefectClass.class_unique_id == Region.class_unique_id)
        .where(Region.img_unique_id == unique_id)
    ).all()
    size = (image.image_width, image.image_height)
    classes = _class_map([(row[0], row[1]) for row in shapes], size)
    grey = _photograph(classes, size, turn)
    _keep_input(upload, grey, storage, max_pixels)
    answer = _answer(grey, classes, upload)
    staged = storage.stage_results(
        unique_id,
        upload.attempts,
        {
            "combined": answer.combined,
            "mask": answer.mask,
            "overlay": answer.overlay,
            "analysis": answer.analysis_json,
        },
    )
    ended = upload.updated_at
    db.session.expunge(image)
    db.session.execute(delete(Image).where(Image.img_unique_id == unique_id))
    recording.add_rows(upload, answer, storage)
    storage.publish_results(unique_id, staged)
    recording.mark_done(upload, answer, upload.model_version)
    upload.updated_at = ended


def _class_map(shapes: Sequence[Shape], size: tuple[int, int]) -> ClassMap:
    picture = Picture.new("L", size)
    draw = ImageDraw.Draw(picture)
    for class_id, region in shapes:
        x, y = region.bbox_x, region.bbox_y
        right, bottom = x + region.bbox_width - 1, y + region.bbox_height - 1
        draw.ellipse((x, y, right, bottom), fill=class_id)
    return np.asarray(picture)


def _photograph(classes: ClassMap, size: tuple[int, int], turn: int) -> Grey:
    """Show the defects on a panel, turned another way than the last one."""
    import cv2

    with Picture.open(PANEL) as panel:
        ways = (None, *Picture.Transpose)
        way = ways[turn % len(ways)]
        picture = panel if way is None else panel.transpose(way)
        base = np.asarray(picture.convert("L").resize(size), np.float32)
    # Soft edges, as optics make them.
    cover = cv2.GaussianBlur((classes > 0).astype(np.float32), (0, 0), 1.0)
    tones = cv2.dilate(TONES[classes], np.ones((5, 5), np.uint8))
    return (base * (1 - cover) + tones * cover).astype(np.uint8)


def _keep_input(upload: Upload, grey: Grey, storage: Storage, max_pixels: int) -> None:
    path = storage.absolute(upload.input_image_path or "")
    extension = path.suffix.lstrip(".")
    make_folder(path.parent)
    Picture.fromarray(grey).save(path, FORMATS.get(extension, extension.upper()))
    data = path.read_bytes()
    upload.size_bytes, upload.sha256 = len(data), hashlib.sha256(data).hexdigest()
    checked = check_image(path, path.name, max_pixels)
    storage.keep_thumbnail(upload.img_unique_id, checked.thumbnail)


def _answer(grey: Grey, classes: ClassMap, upload: Upload) -> Answer:
    """Return what SegFormer would have sent."""
    seconds = upload.processing_time_seconds or 0.0
    told: dict[str, Any] = {
        **analyse(classes),
        "performance": {
            "processing_time_seconds": round(seconds, 4),
            "timestamp": f"{upload.updated_at:%Y-%m-%d %H:%M:%S}",
        },
    }
    found = [
        ClassResult(
            each["class_id"],
            key.split("_", 1)[1],
            each["total_regions"],
            each["total_area_pixels"],
            [region_of(region) for region in each["regions"]],
        )
        for key, each in told["classes"].items()
    ]
    analysis = Analysis(classes.shape[0], classes.shape[1], found, round(seconds, 4))
    plain, marked = np.repeat(grey[:, :, None], 3, axis=2), _overlay(grey, classes)
    palette = np.array([(0, 0, 0), *COLOURS.values()], np.uint8)
    return Answer(
        combined=_png(np.hstack((plain, marked))),
        mask=_png(palette[classes]),
        overlay=_png(marked),
        analysis_json=orjson.dumps(told),
        analysis=analysis,
        total_defects=analysis.total_defects,
    )


def _overlay(grey: Grey, classes: ClassMap) -> NDArray[np.uint8]:
    import cv2

    marked = np.repeat(grey[:, :, None], 3, axis=2)
    for class_id, colour in COLOURS.items():
        plane = (classes == class_id).astype(np.uint8)
        contours, _ = cv2.findContours(plane, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        cv2.drawContours(marked, contours, -1, colour, 2)
    return marked


def _png(pixels: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Picture.fromarray(pixels).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()

"""An inspected image whose stored mask holds just its regions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import cv2
import numpy as np
from flask import Flask
from PIL import Image

from aoi.extensions import db
from aoi.models import Image as ImageRow
from aoi.models import Region, Upload
from aoi.segformer.checks.mask import COLOURS
from aoi.storage import Storage
from tests.pictures import encoded
from tests.records import NOON, add_image

# A ring's part, a diagonal that touches by corners only, and a single pixel.
PIXELS = np.zeros((12, 16), np.uint8)
PIXELS[1:4, 1:6] = 1
PIXELS[3, 5] = 0
PIXELS[8:11, 2:5] = np.eye(3, dtype=np.uint8) * 2
PIXELS[11, 15] = 4


def add_masked(
    app: Flask,
    moment: datetime = NOON,
    *,
    name: str = "panel.png",
    mask: bool = True,
    empty: bool = False,
) -> str:
    """Add an image with the regions of PIXELS, or with none, and its files; return its id."""
    areas = {"PI_Particle": [8], "PR_Peeling": [0], "Env_Particle": [0]}
    unique_id = add_image(app, moment, name, **({} if empty else areas))
    storage: Storage = app.extensions["aoi_storage"]
    if mask:
        store_mask(storage, unique_id, PIXELS * (not empty))
    with app.app_context():
        image = db.session.get_one(ImageRow, unique_id)
        image.image_height, image.image_width = PIXELS.shape
        image.input_image_path = f"uploads/{unique_id[:8]}/{unique_id}_panel.png"
        db.session.get_one(Upload, unique_id).input_image_path = image.input_image_path
        query = db.select(Region).where(Region.img_unique_id == unique_id)
        for region in db.session.scalars(query):
            class_id = int(region.class_unique_id.rpartition("_")[2])
            box = cv2.boundingRect((PIXELS == class_id).astype(np.uint8))
            region.bbox_x, region.bbox_y, region.bbox_width, region.bbox_height = box
        path = storage.absolute(image.input_image_path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(Image.fromarray(PIXELS)))
        db.session.commit()
        db.session.remove()
    return unique_id


def store_mask(storage: Storage, unique_id: str, classes: Any) -> None:
    """Store a class map (h, w) in the classes' colours as the image's mask."""
    table = np.zeros((256, 3), np.uint8)
    for class_id, colour in COLOURS.items():
        table[class_id] = colour
    path = storage.absolute(storage.result_path(unique_id, "mask"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encoded(Image.fromarray(table[classes])))

from __future__ import annotations

import contextlib
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from pycocotools.coco import COCO

from aoi.exports.coco import Categories
from aoi.extensions import db
from aoi.models import Region
from tests.masks import PIXELS, add_masked, store_mask
from tests.records import NOON

# pycocotools speaks to numpy 1.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def loaded(document: bytes, folder: Path) -> COCO:
    """Load a document as its users do."""
    path = folder / "coco.json"
    path.write_bytes(document)
    with contextlib.redirect_stdout(io.StringIO()):
        return COCO(str(path))


def rows(app: Flask) -> dict[str, Any]:
    with app.app_context():
        return {row.region_unique_id: row for row in db.session.scalars(db.select(Region))}


def test_it_loads_and_agrees_with_the_rows(app: Flask, client: FlaskClient, tmp_path: Path) -> None:
    old, new = add_masked(app), add_masked(app, NOON + timedelta(hours=1), name="板.png")
    coco = loaded(client.get("/export/coco.json").data, tmp_path)
    images = coco.loadImgs(coco.getImgIds())
    assert [image["img_unique_id"] for image in images] == [new, old]
    assert images[0]["original_filename"] == "板.png"
    assert [(image["height"], image["width"]) for image in images] == [PIXELS.shape] * 2
    assert {each["id"]: each["name"] for each in coco.loadCats(coco.getCatIds())} == {
        1: "PI_Particle", 2: "PR_Peeling", 3: "Copper_Nodule", 4: "Env_Particle",
    }  # fmt: skip
    stored = rows(app)
    assert len(coco.anns) == len(stored) == 6
    for number, annotation in coco.anns.items():
        row = stored[annotation["region_unique_id"]]
        assert annotation["id"] == number
        assert coco.imgs[annotation["image_id"]]["img_unique_id"] == row.img_unique_id
        assert row.class_unique_id == f"{row.img_unique_id}_{annotation['category_id']}"
        box = [row.bbox_x, row.bbox_y, row.bbox_width, row.bbox_height]
        assert annotation["bbox"] == box and annotation["area"] == row.area_pixels


def test_its_polygons_are_the_mask(app: Flask, client: FlaskClient, tmp_path: Path) -> None:
    add_masked(app)
    coco = loaded(client.get("/export/coco.json").data, tmp_path)
    shown = np.zeros_like(PIXELS)
    for annotation in coco.anns.values():
        shown[coco.annToMask(annotation) == 1] = annotation["category_id"]
    assert (shown == PIXELS).all()


def test_without_a_shape_the_polygons_are_empty(
    app: Flask, client: FlaskClient, tmp_path: Path
) -> None:
    store_mask(app.extensions["aoi_storage"], add_masked(app), np.zeros_like(PIXELS))
    coco = loaded(client.get("/export/coco.json").data, tmp_path)
    assert [each["segmentation"] for each in coco.anns.values()] == [[]] * 3


def test_an_empty_one_is_valid(client: FlaskClient, tmp_path: Path) -> None:
    coco = loaded(client.get("/export/coco.json?batch_id=none").data, tmp_path)
    assert coco.imgs == coco.anns == coco.cats == {}


def test_images_without_regions_are_in_it(app: Flask, client: FlaskClient) -> None:
    add_masked(app)
    document = json.loads(client.get("/export/coco.json?max_defects=0").data)
    assert document["images"] == document["annotations"] == []
    document = json.loads(client.get("/export/coco.json?class_name=PR_Peeling").data)
    assert len(document["images"]) == 1 and len(document["annotations"]) == 3


def test_two_classes_of_one_number_are_two_categories() -> None:
    categories = Categories()
    numbers = [categories.id_of(1, "a"), categories.id_of(1, "b"), categories.id_of(1001, "c")]
    assert numbers == [1, 1001, 1002]
    assert [each["name"] for each in categories.listed()] == ["a", "b", "c"]

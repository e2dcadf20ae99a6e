from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from aoi.outlines.cache import read_index_png
from aoi.storage import Storage
from tests.masks import PIXELS, add_masked
from tests.records import NOON


@pytest.fixture
def storage(app: Flask) -> Storage:
    storage: Storage = app.extensions["aoi_storage"]
    return storage


def opened(client: FlaskClient, query: str = "") -> zipfile.ZipFile:
    answer = client.get(f"/export/dataset.zip{query}")
    assert answer.status_code == 200
    zipped = zipfile.ZipFile(io.BytesIO(answer.data))
    assert zipped.testzip() is None
    return zipped


def pixels(zipped: zipfile.ZipFile, name: str, mode: str | None = None) -> np.ndarray:
    with Image.open(io.BytesIO(zipped.read(name))) as image:
        return np.asarray(image.convert(mode) if mode else image)


def test_each_image_has_its_masks(app: Flask, client: FlaskClient, storage: Storage) -> None:
    unique_id = add_masked(app)
    zipped = opened(client)
    assert zipped.namelist() == [
        "README.txt",
        f"images/default/bad/{unique_id}.png",
        f"ann_dir/bad/{unique_id}.png",
        f"masks/bad/{unique_id}.png",
        "annotations/instances_default.json",
    ]
    stored = next(storage.root.glob("uploads/*/*")).read_bytes()
    assert zipped.read(f"images/default/bad/{unique_id}.png") == stored
    assert (pixels(zipped, f"ann_dir/bad/{unique_id}.png") == PIXELS).all()


def test_masks_are_read_as_anomalib_and_mmsegmentation_do(app: Flask, client: FlaskClient) -> None:
    unique_id = add_masked(app)
    zipped = opened(client)
    black_and_white = pixels(zipped, f"masks/bad/{unique_id}.png", "L")
    assert (black_and_white == (PIXELS > 0) * 255).all()
    with Image.open(io.BytesIO(zipped.read(f"ann_dir/bad/{unique_id}.png"))) as image:
        assert image.mode == "L"


def test_coco_names_the_images_in_it(app: Flask, client: FlaskClient) -> None:
    add_masked(app)
    add_masked(app, NOON + timedelta(hours=1))
    zipped = opened(client)
    document = json.loads(zipped.read("annotations/instances_default.json"))
    named = {f"images/default/{image['file_name']}" for image in document["images"]}
    assert named == {name for name in zipped.namelist() if name.startswith("images/")}
    assert len(document["annotations"]) == 6


def test_images_without_regions_are_good(app: Flask, client: FlaskClient, storage: Storage) -> None:
    unique_id = add_masked(app, empty=True)
    names = opened(client).namelist()
    assert f"images/default/good/{unique_id}.png" in names
    assert f"ann_dir/good/{unique_id}.png" in names
    assert not [name for name in names if name.startswith("masks/")]


def test_an_image_whose_file_is_missing_is_left_out_and_named(
    app: Flask, client: FlaskClient, storage: Storage
) -> None:
    kept, without_input = add_masked(app), add_masked(app)
    without_mask = add_masked(app, mask=False)
    next(storage.root.glob(f"uploads/*/{without_input}*")).unlink()
    zipped = opened(client)
    assert set(zipped.read("missing.txt").decode().split()) == {without_input, without_mask}
    document = json.loads(zipped.read("annotations/instances_default.json"))
    assert [image["img_unique_id"] for image in document["images"]] == [kept]


def test_an_empty_one_is_a_valid_zip(client: FlaskClient) -> None:
    names = opened(client, "?filename=none").namelist()
    assert names == ["README.txt", "annotations/instances_default.json"]


def test_black_and_white_masks_decode_everywhere(
    app: Flask, client: FlaskClient, tmp_path: Path, storage: Storage
) -> None:
    import cv2
    import pyvips

    from aoi.exports.binary import binary_png

    data = binary_png(read_index_png(storage, add_masked(app)))
    expected = (PIXELS > 0) * 255
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert (decoded == expected).all()
    assert (pyvips.Image.new_from_buffer(data, "").numpy()[..., 0] == expected).all()

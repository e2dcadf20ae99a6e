from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from aoi.storage import RESULT_SUFFIXES, Storage
from tests.masks import add_masked
from tests.records import NOON


@pytest.fixture
def storage(app: Flask) -> Storage:
    storage: Storage = app.extensions["aoi_storage"]
    return storage


def add(app: Flask, storage: Storage, hour: int, name: str) -> str:
    """Add an image with all its files; return its id."""
    unique_id = add_masked(app, NOON + timedelta(hours=hour), name=name)
    for kind in RESULT_SUFFIXES:
        path = storage.absolute(storage.result_path(unique_id, kind))
        path.write_bytes(f"{kind} of {name}".encode())
    return unique_id


def opened(data: bytes) -> zipfile.ZipFile:
    zipped = zipfile.ZipFile(io.BytesIO(data))
    assert zipped.testzip() is None
    return zipped


def test_each_chosen_image_has_a_folder_as_in_a_batch(
    app: Flask, client: FlaskClient, storage: Storage
) -> None:
    ids = [add(app, storage, hour, f"../{hour} b.png") for hour in range(3)]
    zipped = opened(client.post("/export/images.zip", json={"ids": ids[:2]}).data)
    ends = (".png", "_combined.png", "_mask.png", "_overlay.png", "_analysis.json")
    assert zipped.namelist() == [
        *(f"001_1_b/1_b{end}" for end in ends),
        *(f"002_0_b/0_b{end}" for end in ends),
        "summary.json",
        "summary.csv",
    ]
    stored = next(storage.root.glob(f"uploads/*/{ids[1]}_*")).read_bytes()
    assert zipped.read("002_0_b/0_b.png") == stored
    assert zipped.read("002_0_b/0_b_overlay.png") == b"overlay of ../0 b.png"


def test_the_summaries_tell_of_each_image_and_what_is_missing(
    app: Flask, client: FlaskClient, storage: Storage
) -> None:
    formula, whole = (add(app, storage, n, f"{name}.png") for n, name in enumerate(["=x", "y"]))
    storage.absolute(storage.result_path(formula, "overlay")).unlink()
    zipped = opened(client.get("/export/images.zip?min_defects=1").data)
    first, second = json.loads(zipped.read("summary.json"))["results"]
    assert (first["index"], first["img_unique_id"], first["missing_files"]) == (1, whole, [])
    assert second["missing_files"] == ["002_x/x_overlay.png"]
    assert second["defect_classes"]["PI_Particle"] == 1
    rows = list(csv.DictReader(io.StringIO(zipped.read("summary.csv").decode("utf-8-sig"))))
    assert [row["filename"] for row in rows] == ["y.png", "'=x.png"]
    assert {row["status"] for row in rows} == {"done"}


def test_of_nothing_it_is_a_valid_zip(client: FlaskClient) -> None:
    zipped = opened(client.get("/export/images.zip?filename=none").data)
    assert zipped.namelist() == ["summary.json", "summary.csv"]
    assert json.loads(zipped.read("summary.json")) == {"results": []}

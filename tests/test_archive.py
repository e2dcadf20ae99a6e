from __future__ import annotations

import csv
import io
import json
import zipfile

from flask import Flask
from flask.testing import FlaskClient

from aoi import inspection
from aoi.extensions import db
from aoi.models import Upload
from tests.pictures import encoded, picture


def png_bytes(seed: int) -> bytes:
    return encoded(picture(seed=seed))


def sent_batch(client: FlaskClient, app: Flask, names: list[str]) -> str:
    """Send a batch, inspect all of it, and return its id."""
    files = [(io.BytesIO(png_bytes(seed)), name) for seed, name in enumerate(names)]
    files.append((io.BytesIO(b"no image"), "=bad().png"))
    answer = client.post("/upload/batch", data={"images": files})
    assert answer.status_code == 202, answer.text
    with app.app_context():
        for item in answer.json["results"]:
            if item["img_unique_id"]:
                inspection.run(item["img_unique_id"])
    return str(answer.json["batch_id"])


def opened(client: FlaskClient, batch_id: str) -> zipfile.ZipFile:
    answer = client.get(f"/download/batch/{batch_id}")
    assert answer.status_code == 200
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    assert f"batch_{batch_id}_results.zip" in answer.headers["Content-Disposition"]
    return zipfile.ZipFile(io.BytesIO(answer.data))


def test_zip_holds_a_folder_for_each_done_image(client: FlaskClient, app: Flask) -> None:
    names = opened(client, sent_batch(client, app, ["a.png", "../b c.png"])).namelist()
    assert names == [
        *(f"001_a/a{end}" for end in (".png", "_combined.png", "_mask.png", "_overlay.png")),
        "001_a/a_analysis.json",
        *(f"002_b_c/b_c{end}" for end in (".png", "_combined.png", "_mask.png", "_overlay.png")),
        "002_b_c/b_c_analysis.json",
        "batch_summary.json",
        "batch_summary.csv",
    ]


def test_an_input_keeps_its_name_as_it_was_written(client: FlaskClient, app: Flask) -> None:
    names = opened(client, sent_batch(client, app, ["PANEL.PNG", "b.JPG"])).namelist()
    # The second one is a PNG too, whatever its name says.
    assert {"001_PANEL/PANEL.PNG", "001_PANEL/PANEL_mask.png", "002_b/b.png"} <= set(names)


def test_zip_holds_the_stored_bytes(client: FlaskClient, app: Flask) -> None:
    batch_id = sent_batch(client, app, ["a.png"])
    with opened(client, batch_id) as zipped:
        assert zipped.testzip() is None
        assert zipped.read("001_a/a.png") == png_bytes(0)
        unique_id = json.loads(zipped.read("batch_summary.json"))["results"][0]["img_unique_id"]
        with client.get(f"/download/json/{unique_id}") as answer:
            assert zipped.read("001_a/a_analysis.json") == answer.data


def test_summary_neutralises_formulas(client: FlaskClient, app: Flask) -> None:
    with opened(client, sent_batch(client, app, ["a.png"])) as zipped:
        text = zipped.read("batch_summary.csv").decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["status"] for row in rows] == ["done", "rejected"]
    assert rows[1]["filename"] == "'=bad().png"


def test_missing_file_is_named_in_the_summary(client: FlaskClient, app: Flask) -> None:
    batch_id = sent_batch(client, app, ["a.png"])
    with app.app_context():
        upload = db.session.scalars(db.select(Upload).where(Upload.sha256.is_not(None))).one()
        storage = app.extensions["aoi_storage"]
        storage.absolute(storage.result_path(upload.img_unique_id, "mask")).unlink()
    with opened(client, batch_id) as zipped:
        summary = json.loads(zipped.read("batch_summary.json"))
    assert summary["missing_files"] == ["001_a/a_mask.png"]


def test_unknown_batch_is_404(client: FlaskClient) -> None:
    assert client.get("/download/batch/20260225_103045_7K3QH2ZD").status_code == 404

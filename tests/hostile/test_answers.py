"""Whatever SegFormer answers: 502, 503 or 504, the upload kept for a retry, no result kept."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from aoi.config import Settings
from tests.hostile.attack import INSIDE
from tests.pictures import encoded, picture
from tests.sending import files, rows, send
from tests.stub import StubService
from tests.stub.faults import BREAKERS, MISSING
from tests.workers import WorkerThread

# The stub's answer follows from the picture: this one has regions of the class that is spoilt.
PANEL = encoded(picture(seed=1))
ANALYSIS = "analysis_results"
CLASSES = [ANALYSIS, "classes"]
CLASS = [*CLASSES, "1_PI_Particle"]
REGION = [*CLASS, "regions", 0]
EMPTY = {"class_id": 1, "total_regions": 0, "total_area_pixels": 0, "regions": []}
BODIES = (
    "", " ", "null", "true", "7", '"text"', "[]", "{}", "{", "}", "[" * 100_000, '{"a":' * 50_000,
    '{"success": true}', '{"success": true, "success": true}', '{"success": NaN}', "\ufeff{}",
    '{"success": tru', "{'success': true}", '{"success": true,}', "<html></html>", "OK",
    "\x00" * 99,
    '{"success": false, "error": "none"}', '{"\\ud800": 1}', "9" * 100_000,
    '{"a": ' + "9" * 5000 + "}",
    '{"success": true}{"success": true}', "\udcff\udcfe", '{"a": "\udcff"}', '{"a": "\n"}',
)  # fmt: skip
SET: tuple[tuple[list[str | int], Any], ...] = (
    *(([key], value)
      for key in ("success", "combined_image", "mask_image", "overlay_image", "total_defects",
                  "processing_time", ANALYSIS)
      for value in (MISSING, None, [], {}, "", -1)),
    *((at, value)
      for at in ([ANALYSIS, "image_shape"], CLASSES, [ANALYSIS, "performance"], CLASS,
                 [*CLASS, "regions"], REGION, [*REGION, "centroid"], [*REGION, "bounding_box"])
      for value in (MISSING, None, "text", 7)),
    *((at, value)
      for at in ([*REGION, "region_id"], [*REGION, "area_pixels"], [*REGION, "perimeter"],
                 [*REGION, "centroid", "x"], [*REGION, "bounding_box", "width"])
      for value in (MISSING, None, "9", True, -1, 10**400, [1])),
    ([*CLASSES, "PI_Particle"], EMPTY), ([*CLASSES, "1_"], EMPTY), ([*CLASSES, "01_X"], EMPTY),
    ([*CLASSES, "1_\u0000"], EMPTY), ([*CLASSES, "9_X"], EMPTY), ([*CLASSES, "1_Again"], EMPTY),
    (["mask_image"], "iVBORw0KGgo="), (["mask_image"], "data:image/png;base64,iVBOR"),
    ([ANALYSIS, "image_shape", "width"], 0), ([ANALYSIS, "image_shape", "height"], 2**40),
    (["total_defects"], 10**400), ([*CLASS, "class_id"], 2), ([*CLASS, "total_regions"], 0),
)  # fmt: skip
CONNECTIONS = {
    "cut": 502, "reset": 502, "reset_midway": 502, "close": 502, "503": 503, "no_model": 503,
    "html503": 503, "html502": 502, "html504": 504, "500": 502, "400": 502, "redirect": 502,
    "html200": 502, "bad_json": 502, "huge": 502,
}  # fmt: skip
FAULTS: list[tuple[dict[str, Any], int]] = [
    *(({"mode": "raw", "text": text}, 502) for text in BODIES),
    *(({"mode": "set", "at": at, "value": value}, 502) for at, value in SET),
    *(({"mode": mode}, 502) for mode in BREAKERS),
    *(({"mode": mode}, status) for mode, status in CONNECTIONS.items()),
    ({"mode": "long", "text": '{"mask_image": "', "megabytes": 40}, 502),
]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    # Long enough for a slow machine: what is meant to be late has a test of its own.
    return dataclasses.replace(
        settings, segformer_max_retries=1, segformer_timeout=30, upload_wait=60
    )


def test_hostile_answers(
    app: Flask,
    client: FlaskClient,
    worker: WorkerThread,
    stub: StubService,
    subtests: pytest.Subtests,
) -> None:
    for fault, status in FAULTS:
        with subtests.test(fault=str(fault)[:120]):
            stub.set_fault(**fault)
            assert_fails(app, client, status)
    stub.reset()
    assert send(client).status_code == 200


class TestLate:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return dataclasses.replace(settings, segformer_timeout=1)

    @pytest.mark.parametrize("mode", ["timeout", "slow_drip", "drip_headers"])
    def test_late_answers(
        self, mode: str, app: Flask, client: FlaskClient, worker: WorkerThread, stub: StubService
    ) -> None:
        stub.set_fault(mode)
        assert_fails(app, client, 504)


def assert_fails(app: Flask, client: FlaskClient, status: int) -> None:
    """Send an image; see its failure told, nothing of a result kept, and it deleted again."""
    answer = send(client, PANEL)
    assert answer.status_code == status, answer.text[:500]
    assert answer.json and answer.json["upload_status"] == "failed"
    assert [word for word in INSIDE if word in answer.text] == []
    assert len(answer.json["message"]) < 1500
    assert rows(app)["images"] == rows(app)["regions"] == 0
    assert not any(path.startswith("results/") for path in files(app))
    assert client.delete(f"/uploads/{answer.json['img_unique_id']}").status_code == 204

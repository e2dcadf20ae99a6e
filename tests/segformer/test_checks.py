"""The checks of a service one by one, with answers that no stub gives."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from PIL import Image

from aoi.segformer.checks.finding import Findings, Level
from aoi.segformer.checks.inspection import check_inspection
from aoi.segformer.checks.questions import check_health, check_model, check_status
from aoi.segformer.checks.refusals import check_refusals
from aoi.segformer.checks.service import Reply, Service
from aoi.segformer.transport import PatientRetry
from tests.segformer.answers import HEIGHT, WIDTH, document, first_class

HEALTH = {
    "status": "ok",
    "timestamp": "2026-02-24T17:38:20",
    "model_loaded": True,
    "device": "cpu",
    "cuda_available": False,
    "system": "Linux",
}
MODEL = {
    "success": True,
    "current_model": "segformer",
    "model_name": "SegFormer",
    "base_size": 1792,
    "patch_size": 512,
    "model_path": "/m.pth",
    "timestamp": "2026-02-24T17:38:20",
}
FORMATS = ["png", "jpg", "jpeg", "bmp", "tiff", "tif"]
STATUS = HEALTH | MODEL | {"supported_formats": FORMATS, "max_file_size_mb": 50}


class Fake(Service):
    """A service that gives one answer to everything."""

    def __init__(self, answer: Any, status: int = 200, seconds: float = 0.1) -> None:
        super().__init__("http://fake", 30)
        self._reply = Reply(status, "application/json", json.dumps(answer).encode(), seconds)

    def _call(self, method: str, path: str, **options: Any) -> Reply:
        return self._reply


def told(findings: Findings, level: Level = Level.DIFFERS) -> list[str]:
    return [finding.text for finding in findings.made if finding.level is level]


def without(whole: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in whole.items() if name != key}


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (without(HEALTH, "device"), "device is missing"),
        (HEALTH | {"device": "tpu"}, 'device is not "cuda" or "cpu"'),
        (HEALTH | {"timestamp": "noon"}, "timestamp is not an ISO 8601 time"),
        (HEALTH | {"timestamp": None}, "timestamp is not an ISO 8601 time"),
        (HEALTH | {"model_loaded": False}, "no model is loaded"),
        ([], "answered 200, but not a JSON object"),
    ],
)
def test_health_is_compared(answer: Any, text: str) -> None:
    (found,) = told(check_health(Fake(answer)))
    assert text in found


def test_more_keys_are_fine() -> None:
    findings = check_model(Fake(MODEL | {"vendor": "x"}))
    assert told(findings) == []
    assert "also sends vendor, which is fine" in told(findings, Level.OK)


def test_formats_it_does_not_take_are_told() -> None:
    (text,) = told(check_status(Fake(STATUS | {"supported_formats": ["png", ".JPG", "jpeg"]})))
    assert text == "does not take bmp, tif, tiff"


def test_formats_that_are_no_list_are_told() -> None:
    (text,) = told(check_status(Fake(STATUS | {"supported_formats": "png"})))
    assert text == "supported_formats is not a list of extensions"


@pytest.mark.parametrize("size", [16, 100])
def test_another_file_size_is_odd(size: int) -> None:
    (text,) = told(check_status(Fake(STATUS | {"max_file_size_mb": size})), Level.ODD)
    assert text == f"takes {size} MB a file, the contract says 50"


def image() -> bytes:
    file = io.BytesIO()
    Image.new("L", (WIDTH, HEIGHT)).save(file, "PNG")
    return file.getvalue()


def inspected(answer: dict[str, Any], **options: Any) -> Findings:
    return check_inspection(Fake(answer, **options), image(), "check.png")


def broken(**changes: Any) -> dict[str, Any]:
    return document() | changes


def test_a_good_answer_has_nothing_that_differs() -> None:
    assert told(inspected(document())) == []


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"filename": 5}, "filename is not a text"),
        ({"timestamp": "now"}, "timestamp is not YYYYMMDD_HHMMSS"),
    ],
)
def test_what_the_agent_does_not_use_is_compared_too(changes: dict[str, Any], text: str) -> None:
    assert told(inspected(broken(**changes))) == [text]


def test_another_shape_than_the_images_is_told() -> None:
    answer = document()
    answer["analysis_results"]["image_shape"] = {"height": 5, "width": 4}
    texts = told(inspected(answer))
    assert f"image_shape says 4 x 5, the image sent is {WIDTH} x {HEIGHT}" in texts
    assert f"mask_image is {WIDTH} x {HEIGHT} instead of 4 x 5" in texts


def test_an_area_that_is_no_sum_is_told() -> None:
    answer = document()
    first_class(answer)["total_area_pixels"] += 1
    (text,) = told(inspected(answer))
    assert "its regions sum up to" in text


def test_another_time_format_is_told() -> None:
    answer = document()
    answer["analysis_results"]["performance"]["timestamp"] = "24.02.2026"
    (text,) = told(inspected(answer))
    assert text == "performance.timestamp is not YYYY-MM-DD HH:MM:SS"


def test_other_classes_are_odd_but_fine() -> None:
    answer = document()
    del answer["analysis_results"]["classes"]["4_Env_Particle"]
    answer["total_defects"] = sum(
        found["total_regions"] for found in answer["analysis_results"]["classes"].values()
    )
    findings = inspected(answer)
    assert told(findings) == []
    assert "its classes are Copper_Nodule, PI_Particle, PR_Peeling" in told(findings, Level.ODD)


def test_a_slow_service_is_odd() -> None:
    assert "one image took 12 s" in told(inspected(document(), seconds=12), Level.ODD)


def test_many_faults_are_counted() -> None:
    answer = document()
    for found in answer["analysis_results"]["classes"].values():
        for region in found["regions"]:
            del region["perimeter"], region["major_axis"]
    texts = told(inspected(answer))
    assert len(texts) == 13
    assert texts[-1].endswith("more places differ")


def test_uploads_that_are_not_refused_are_told() -> None:
    found = list(check_refusals(Fake({}), b""))
    assert [told(one) for one in found] == [["answered 200 instead of 400"]] * 3 + [
        ["answered 200 instead of 500"]
    ]


def test_a_refusal_without_a_reason_is_told() -> None:
    (text,) = told(next(check_refusals(Fake("no", status=400), b"")))
    assert text.startswith("answered 400, but not with")


def test_nobody_there_is_told_of_each_refusal() -> None:
    service = Service("http://127.0.0.1:9", 1)
    assert all("cannot be reached" in told(one)[0] for one in check_refusals(service, b""))
    service.close()


@pytest.mark.parametrize(("header", "seconds"), [("soon", 0), ("7", 7), ("99999", 30)])
def test_a_retry_after_is_never_trusted(header: str, seconds: float) -> None:
    assert PatientRetry(retry_after_max=30).parse_retry_after(header) == seconds

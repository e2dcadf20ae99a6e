"""The endpoints answer as the wire contract tells, with the real model."""

import base64
import io
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import pytest
from flask.testing import FlaskClient

from aoi.reference_service.app import create_app
from aoi.reference_service.inspection import Inspector
from aoi.reference_service.measure import analyse
from aoi.reference_service.synthesis.tile import make_tile


@pytest.fixture(scope="module")
def inspector() -> Inspector:
    inspector = Inspector()
    inspector.load()
    return inspector


@pytest.fixture
def client(inspector: Inspector) -> Iterator[FlaskClient]:
    with create_app(inspector).test_client() as client:
        yield client


@pytest.fixture
def unloaded() -> FlaskClient:
    return create_app(Inspector()).test_client()


@pytest.fixture(scope="module")
def answer(inspector: Inspector) -> dict[str, Any]:
    """Return the answer to one image with a speck; inspecting costs seconds, so it is shared."""
    response = _upload(create_app(inspector).test_client(), _jpeg(_specked()), "a b/übel 1.JPG")
    assert response.status_code == 200
    assert response.mimetype == "application/json"
    body: dict[str, Any] = response.get_json()
    return body


def test_upload_answers_with_the_contracts_keys(answer: dict[str, Any]) -> None:
    assert list(answer) == [
        "success",
        "filename",
        "overlay_image",
        "combined_image",
        "mask_image",
        "total_defects",
        "processing_time",
        "analysis_results",
        "timestamp",
    ]
    assert answer["success"] is True
    assert answer["filename"] == "a_b_ubel_1.JPG"
    assert list(answer["analysis_results"]) == ["image_shape", "classes", "performance"]


def test_upload_finds_a_dark_speck(answer: dict[str, Any]) -> None:
    regions = [r for c in answer["analysis_results"]["classes"].values() for r in c["regions"]]

    assert len(regions) == answer["total_defects"]
    assert any(
        abs(r["centroid"]["x"] - 600) < 8 and abs(r["centroid"]["y"] - 200) < 8 for r in regions
    )


def test_pictures_have_the_inputs_size(answer: dict[str, Any]) -> None:
    assert _decode(answer["mask_image"]).shape == (1700, 1792, 3)
    assert _decode(answer["overlay_image"]).shape == (1700, 1792, 3)
    assert _decode(answer["combined_image"]).shape == (1700, 3584, 3)
    assert answer["analysis_results"]["image_shape"] == {"height": 1700, "width": 1792}


def test_mask_measures_to_the_analysis(answer: dict[str, Any]) -> None:
    mask = _decode(answer["mask_image"])
    classes = np.zeros(mask.shape[:2], np.uint8)
    for class_id, colour in enumerate([(0, 0, 255), (0, 255, 0), (255, 0, 0), (0, 255, 255)], 1):
        classes[(mask == colour).all(axis=2)] = class_id

    assert analyse(classes)["classes"] == answer["analysis_results"]["classes"]


def test_times_are_one_measurement(answer: dict[str, Any]) -> None:
    performance = answer["analysis_results"]["performance"]

    assert performance["processing_time_seconds"] == round(answer["processing_time"], 4)
    digits = performance["timestamp"].translate(str.maketrans("", "", "-: "))
    assert answer["timestamp"].replace("_", "") == digits


def test_one_pixel_is_inspected(client: FlaskClient) -> None:
    response = _upload(client, _png(np.full((1, 1), 160, np.uint8)), "dot.png")

    assert response.status_code == 200
    assert response.get_json()["analysis_results"]["image_shape"] == {"height": 1, "width": 1}


def test_upload_without_a_file_is_refused(client: FlaskClient) -> None:
    _assert_refused(client.post("/upload"), 400)
    _assert_refused(client.post("/upload", data={"image": "text"}), 400)


def test_empty_name_is_refused(client: FlaskClient) -> None:
    _assert_refused(_upload(client, b"x", ""), 400)


@pytest.mark.parametrize("name", ["image.gif", "png", "image.png.exe"])
def test_other_extensions_are_refused(client: FlaskClient, name: str) -> None:
    _assert_refused(_upload(client, b"x", name), 400)


def test_unreadable_image_is_an_error(client: FlaskClient) -> None:
    _assert_refused(_upload(client, b"no image", "image.png"), 500)


def test_body_over_the_limit_is_refused(client: FlaskClient) -> None:
    claim = {"CONTENT_LENGTH": str(50 * 1024 * 1024 + 1)}
    response = client.post(
        "/upload", data={"image": (io.BytesIO(b"x"), "image.png")}, environ_overrides=claim
    )

    _assert_refused(response, 413)


def test_upload_waits_for_the_model(unloaded: FlaskClient) -> None:
    _assert_refused(_upload(unloaded, b"x", "image.png"), 503)


def test_unknown_path_is_refused_in_json(client: FlaskClient) -> None:
    _assert_refused(client.get("/nowhere"), 404)
    _assert_refused(client.get("/upload"), 405)


def test_health_tells_of_the_model(client: FlaskClient, unloaded: FlaskClient) -> None:
    body = client.get("/health").get_json()

    assert body["status"] == "ok"
    assert (body["model_loaded"], body["device"], body["cuda_available"]) == (True, "cpu", False)
    assert set(body) == {
        "status",
        "timestamp",
        "model_loaded",
        "device",
        "cuda_available",
        "system",
    }
    assert unloaded.get("/health").get_json()["model_loaded"] is False


def test_current_model_is_told_once_loaded(client: FlaskClient, unloaded: FlaskClient) -> None:
    body = client.get("/api/model/current").get_json()

    assert (body["current_model"], body["model_name"]) == ("segformer", "SegFormer")
    assert (body["base_size"], body["patch_size"]) == (1792, 512)
    _assert_refused(unloaded.get("/api/model/current"), 503)


def test_status_is_a_superset_of_both(client: FlaskClient) -> None:
    body = client.get("/api/status").get_json()

    assert set(client.get("/health").get_json()) < set(body)
    assert set(client.get("/api/model/current").get_json()) < set(body)
    assert body["supported_formats"] == ["png", "jpg", "jpeg", "bmp", "tiff", "tif"]
    assert body["max_file_size_mb"] == 50


def _specked() -> np.ndarray:
    picture = np.tile(make_tile(3, 512, clean=True).image, (4, 4))[:1700, :1792].copy()
    cv2.circle(picture, (600, 200), 6, 10, -1, cv2.LINE_AA)
    return picture


def _png(picture: np.ndarray) -> bytes:
    return cv2.imencode(".png", picture)[1].tobytes()


def _jpeg(picture: np.ndarray) -> bytes:
    # Kept under 500 KB, where the test client would leave a temporary file open.
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 70])[1].tobytes()


def _upload(client: FlaskClient, data: bytes, name: str) -> Any:
    return client.post("/upload", data={"image": (io.BytesIO(data), name)})


def _decode(text: str) -> np.ndarray:
    data = np.frombuffer(base64.b64decode(text), np.uint8)
    return cv2.imdecode(data, cv2.IMREAD_UNCHANGED)


def _assert_refused(response: Any, status: int) -> None:
    assert response.status_code == status
    body = response.get_json()
    assert body["success"] is False
    assert body["error"]

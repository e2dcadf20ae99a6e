from __future__ import annotations

import io
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from aoi import files
from aoi.imaging import check_image
from tests.pictures import encoded, jpeg, picture, png, sha256
from tests.sending import fetched, inspected, queued
from tests.stub import StubService
from tests.workers import WorkerThread

UNKNOWN = "20260225_103045_7K3QH2ZD"


def get(client: FlaskClient, address: str, **headers: str) -> TestResponse:
    """GET a file and close it, its bytes read."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with client.get(address, headers=named) as answer:
        answer.get_data()
        return answer


@pytest.fixture
def image(client: FlaskClient, worker: WorkerThread) -> Any:
    """An inspected PNG with the bytes that were sent."""
    data = png()
    return inspected(client, data) | {"data": data}


class TestBytes:
    def test_all_is_byte_for_byte(self, client: FlaskClient, image: Any, stub: StubService) -> None:
        expected = stub.expected(sha256(image["data"]), 64, 48)
        links = image["images"]
        assert fetched(client, links["input"]) == image["data"]
        assert fetched(client, links["combined"]) == expected.combined
        assert fetched(client, links["mask"]) == expected.mask
        assert fetched(client, links["overlay"]) == expected.overlay
        assert fetched(client, image["json_url"]) == expected.analysis_json

    def test_names_and_types(self, client: FlaskClient, image: Any) -> None:
        unique_id = image["img_unique_id"]
        for kind, type_, name in [
            ("input", "image/png", "input.png"),
            ("combined", "image/png", "combined.png"),
            ("mask", "image/png", "mask.png"),
            ("overlay", "image/png", "overlay.png"),
            ("thumbnail", "image/jpeg", "thumbnail.jpg"),
        ]:
            answer = get(client, f"/download/image/{unique_id}/{kind}")
            assert answer.headers["Content-Type"] == type_
            said = f"attachment; filename={unique_id}_{name}"
            assert answer.headers["Content-Disposition"] == said
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
        answer = get(client, f"/download/json/{unique_id}")
        assert answer.headers["Content-Type"] == "application/json"
        said = f"attachment; filename={unique_id}_analysis.json"
        assert answer.headers["Content-Disposition"] == said
        assert json.loads(answer.data)["image_sha256"] == sha256(image["data"])

    @pytest.mark.parametrize(
        ("kind", "name", "type_", "extension"),
        [("JPEG", "a.png", "image/jpeg", "jpg"), ("BMP", "a.bmp", "image/bmp", "bmp"),
         ("TIFF", "a.tiff", "image/tiff", "tiff")],
    )  # fmt: skip
    def test_an_input_has_the_type_of_its_content(
        self, kind: str, name: str, type_: str, extension: str, client: FlaskClient
    ) -> None:
        unique_id = queued(client, encoded(picture("RGB"), kind), name)
        answer = get(client, f"/download/image/{unique_id}/input")
        assert answer.headers["Content-Type"] == type_
        assert answer.headers["Content-Disposition"].endswith(f"_input.{extension}")

    def test_shown_inline(self, client: FlaskClient, image: Any) -> None:
        for address in (image["images"]["mask"], image["json_url"]):
            answer = get(client, f"{address}?inline=1")
            assert answer.headers["Content-Disposition"].startswith("inline; filename=")
        assert client.get(f"{image['json_url']}?inline=perhaps").status_code == 422


class TestCaching:
    def test_it_may_be_kept_for_long_by_its_own_reader(
        self, client: FlaskClient, image: Any
    ) -> None:
        answer = get(client, image["images"]["mask"])
        control = {part.strip() for part in answer.headers["Cache-Control"].split(",")}
        assert control == {"private", "immutable", "max-age=31536000"}

    def test_unchanged_it_is_not_sent_again(self, client: FlaskClient, image: Any) -> None:
        first = get(client, image["images"]["mask"])
        again = get(client, image["images"]["mask"], If_None_Match=first.headers["ETag"])
        assert (again.status_code, again.data) == (304, b"")
        other = get(client, image["images"]["mask"], If_None_Match='"other"')
        assert other.status_code == 200

    def test_the_server_sends_a_whole_file_by_itself(self, client: FlaskClient, image: Any) -> None:
        handed: list[int] = []

        def wrapper(file: Any, block_size: int) -> Any:
            with file:
                handed.append(file.fileno())
                return [file.read()]

        for address in (image["images"]["input"], image["json_url"]):
            with client.get(address, environ_overrides={"wsgi.file_wrapper": wrapper}) as answer:
                assert answer.status_code == 200
            # A real file: gunicorn hands it to sendfile, and no byte goes through Python.
            assert handed.pop() > 0

    def test_head_tells_the_length(self, client: FlaskClient, image: Any) -> None:
        with client.head(image["images"]["input"]) as answer:
            assert answer.status_code == 200 and answer.data == b""
            assert int(answer.headers["Content-Length"]) == len(image["data"])
            assert answer.headers["Accept-Ranges"] == "bytes"


class TestRanges:
    def test_a_part(self, client: FlaskClient, image: Any) -> None:
        data = image["data"]
        for asked, part in [("0-9", data[:10]), ("10-", data[10:]), ("-5", data[-5:])]:
            answer = get(client, image["images"]["input"], Range=f"bytes={asked}")
            assert (answer.status_code, answer.data) == (206, part)
            assert answer.headers["Content-Range"].endswith(f"/{len(data)}")

    def test_only_if_unchanged(self, client: FlaskClient, image: Any) -> None:
        address = image["images"]["input"]
        tag = get(client, address).headers["ETag"]
        same = get(client, address, Range="bytes=0-9", If_Range=tag)
        other = get(client, address, Range="bytes=0-9", If_Range='"other"')
        assert (same.status_code, len(same.data)) == (206, 10)
        assert (other.status_code, other.data) == (200, image["data"])

    def test_beyond_the_end(self, client: FlaskClient, image: Any) -> None:
        answer = get(client, image["images"]["input"], Range="bytes=99999999-")
        assert answer.status_code == 416 and answer.json
        assert answer.json["code"] == 416 and answer.json["message"]
        assert answer.headers["Content-Range"] == f"bytes */{len(image['data'])}"


class TestThumbnails:
    def test_it_is_small(self, client: FlaskClient) -> None:
        unique_id = queued(client, jpeg(900, 450), "a.jpg")
        data = fetched(client, f"/download/image/{unique_id}/thumbnail")
        with Image.open(io.BytesIO(data)) as thumbnail:
            assert thumbnail.size == (320, 160)

    def test_a_lost_one_is_made_again(self, app: Flask, client: FlaskClient) -> None:
        unique_id = queued(client)
        address = f"/download/image/{unique_id}/thumbnail"
        before = fetched(client, address)
        path: Path = app.extensions["aoi_storage"].thumbnail_path(unique_id)
        path.unlink()
        assert fetched(client, address) == before
        assert path.is_file()

    def test_many_ask_for_a_lost_one_and_it_is_made_once(
        self, app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        unique_id = queued(client)
        app.extensions["aoi_storage"].thumbnail_path(unique_id).unlink()
        made: list[Path] = []

        def slow(path: Path, *more: Any) -> Any:
            made.append(path)
            return check_image(path, *more)

        monkeypatch.setattr(files.decoders, "check_image", slow)
        address = f"/download/image/{unique_id}/thumbnail"
        with ThreadPoolExecutor(6) as threads:
            found = list(threads.map(lambda _: fetched(app.test_client(), address), range(6)))
        assert len(made) == 1 and len(set(found)) == 1

    def test_of_a_damaged_input_none_can_be_made(self, app: Flask, client: FlaskClient) -> None:
        unique_id = queued(client)
        storage = app.extensions["aoi_storage"]
        storage.thumbnail_path(unique_id).unlink()
        (path,) = (storage.root / "uploads").rglob("*.png")
        path.write_bytes(path.read_bytes()[:-20])
        answer = client.get(f"/download/image/{unique_id}/thumbnail")
        assert answer.status_code == 404 and answer.json
        assert "damaged" in answer.json["message"]


class TestMissing:
    def test_other_kinds(self, client: FlaskClient, image: Any) -> None:
        answer = client.get(f"/download/image/{image['img_unique_id']}/heatmap")
        assert answer.status_code == 404 and answer.json
        assert "input, combined, mask, overlay, thumbnail" in answer.json["message"]

    def test_unknown_ids(self, client: FlaskClient) -> None:
        for unique_id in (UNKNOWN, "x", "%00", "..%2f..%2fetc", "../../etc"):
            for kind in ("input", "mask", "thumbnail"):
                answer = client.get(f"/download/image/{unique_id}/{kind}")
                assert answer.status_code == 404 and answer.json
            assert client.get(f"/download/json/{unique_id}").status_code == 404

    def test_odd_kinds(self, client: FlaskClient, image: Any) -> None:
        for kind in ("%00", "..%2f..%2finput", "mask%2f", "input%00.png"):
            answer = client.get(f"/download/image/{image['img_unique_id']}/{kind}")
            assert answer.status_code == 404 and answer.json

    def test_results_of_what_is_not_inspected(self, client: FlaskClient) -> None:
        unique_id = queued(client)
        for path in ("image/{}/combined", "image/{}/mask", "image/{}/overlay", "json/{}"):
            assert client.get(f"/download/{path.format(unique_id)}").status_code == 404

    def test_a_file_that_is_lost(self, app: Flask, client: FlaskClient, image: Any) -> None:
        storage = app.extensions["aoi_storage"]
        storage.absolute(storage.result_path(image["img_unique_id"], "mask")).unlink()
        answer = client.get(image["images"]["mask"])
        assert answer.status_code == 404 and answer.json
        assert "missing" in answer.json["message"] and str(storage.root) not in answer.text

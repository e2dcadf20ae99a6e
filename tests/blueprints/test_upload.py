from __future__ import annotations

import dataclasses
import io
import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from gunicorn.http.errors import ChunkMissingTerminator, NoMoreData
from sqlalchemy import event, text
from werkzeug.test import TestResponse

from aoi import create_app
from aoi.config import Settings
from aoi.extensions import db
from tests.pictures import encoded, jpeg, picture, png, png_bomb, sha256
from tests.sending import LATER, fetched, files, inspected, nothing_kept, queued, rows, send, until
from tests.stub import StubService
from tests.workers import WorkerThread

UNKNOWN = "20260225_103045_7K3QH2ZD"
BOUNDARY = "b0undary"
MULTIPART = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


def post_raw(client: FlaskClient, body: bytes, **options: Any) -> TestResponse:
    return client.post("/upload", data=body, headers=MULTIPART, **options)


def part(data: bytes, disposition: str = 'name="image"; filename="a.png"') -> bytes:
    head = f"--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n"
    return head.encode() + data + b"\r\n"


END = f"--{BOUNDARY}--\r\n".encode()


class Breaking(io.BytesIO):
    """A body that ends with an error of the server or the connection."""

    def __init__(self, data: bytes, err: Exception) -> None:
        super().__init__(data)
        self.err = err

    def read(self, size: int | None = -1) -> bytes:
        if data := super().read(size):
            return data
        raise self.err


class TestDone:
    """A good image, a good service."""

    def test_the_answer_is_the_contract_s(
        self, client: FlaskClient, worker: WorkerThread, stub: StubService
    ) -> None:
        data = png()
        answer = send(client, data)
        expected = stub.expected(sha256(data), 64, 48)
        body = answer.json
        assert answer.status_code == 200 and body is not None
        unique_id = body["img_unique_id"]
        assert re.fullmatch(r"\d{8}_\d{6}_[0-9A-HJKMNP-TV-Z]{8}", unique_id)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", body.pop("timestamp"))
        classes = body.pop("defect_classes")
        assert sum(classes.values()) == expected.total_defects and 0 not in classes.values()
        base = f"http://localhost/download/image/{unique_id}"
        assert body == {
            "success": True,
            "img_unique_id": unique_id,
            "status": "done",
            "original_filename": "panel.png",
            "processing_time_seconds": round(expected.processing_time, 4),
            "total_defects": expected.total_defects,
            "images": {k: f"{base}/{k}" for k in ("input", "combined", "mask", "overlay")},
            "json_url": f"http://localhost/download/json/{unique_id}",
        }

    def test_all_of_it_is_kept_where_the_contract_says(
        self, app: Flask, client: FlaskClient, worker: WorkerThread
    ) -> None:
        unique_id = inspected(client)["img_unique_id"]
        day = unique_id[:8]
        result = f"results/{day}/{unique_id}/{unique_id}"
        assert files(app) == [
            f"{result}_analysis.json",
            f"{result}_combined.png",
            f"{result}_mask.png",
            f"{result}_overlay.png",
            f"thumbnails/{day}/{unique_id}.jpg",
            f"uploads/{day}/{unique_id}_panel.png",
        ]
        assert until(lambda: rows(app)["procrastinate_jobs"] == 0)
        assert rows(app)["images"] == rows(app)["uploads"] == 1

    TYPES = (
        ("PNG", "a.png", "png"), ("JPEG", "a.jpeg", "jpeg"), ("JPEG", "a.png", "jpg"),
        ("BMP", "a.bmp", "bmp"), ("TIFF", "a.tif", "tif"), ("PNG", "a.tiff", "png"),
    )  # fmt: skip

    def test_content_decides_the_type_kept_and_sent_on(
        self, app: Flask, client: FlaskClient, worker: WorkerThread, subtests: pytest.Subtests
    ) -> None:
        for kind, name, extension in self.TYPES:
            with subtests.test(kind=kind, name=name):
                data = encoded(picture("RGB"), kind)
                answer = inspected(client, data, name)
                kept = f"{answer['img_unique_id']}_a.{extension}"
                assert any(path.endswith(kept) for path in files(app))
                assert fetched(client, answer["images"]["input"]) == data

    def test_images_sent_at_once_are_each_inspected_once(
        self, app: Flask, worker: WorkerThread, stub: StubService
    ) -> None:
        images = [png() for _ in range(10)]
        answers: list[TestResponse] = []
        threads = [
            threading.Thread(target=lambda d=data: answers.append(send(app.test_client(), d)))
            for data in images
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [answer.status_code for answer in answers] == [200] * 10
        assert len({answer.json["img_unique_id"] for answer in answers if answer.json}) == 10
        assert stub.stats()["images"] == {sha256(data): 1 for data in images}

    def test_links_follow_a_trusted_proxy(
        self, settings: Settings, client: FlaskClient, worker: WorkerThread
    ) -> None:
        headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "aoi.example"}
        unique_id = inspected(client)["img_unique_id"]
        direct = client.get(f"/images/{unique_id}", headers=headers)
        assert direct.json and direct.json["json_url"].startswith("http://localhost/")
        app = create_app(dataclasses.replace(settings, trusted_proxies=1))
        proxied = app.test_client().get(f"/images/{unique_id}", headers=headers)
        assert proxied.json and proxied.json["json_url"].startswith("https://aoi.example/")
        elsewhere = headers | {"X-Forwarded-Port": "8443"}
        ported = app.test_client().get(f"/images/{unique_id}", headers=elsewhere)
        assert ported.json and ported.json["json_url"].startswith("https://aoi.example:8443/")


class TestNames:
    """Whatever name a client gives, it is shown as text and kept safely."""

    # As sent, as shown, and the stem of the file's name.
    ODD = (
        ("../../etc/passwd.png", "passwd.png", "passwd"),
        ("C:\\scans\\panel 7.png", "panel 7.png", "panel_7"),
        ("<script>alert(1)</script>.png", "script>.png", "script"),
        ("板_03 (2).png", "板_03 (2).png", "板_03_2"),
        ("a\x00b\x1b.png", "ab.png", "ab"),
        ("\u202egnp.exe.png", "gnp.exe.png", "gnp.exe"),
        ("....png", "....png", "image"),
        ("=cmd|x.png", "=cmd|x.png", "cmd_x"),
    )

    def test_odd_names(self, app: Flask, client: FlaskClient, subtests: pytest.Subtests) -> None:
        for sent, shown, stem in self.ODD:
            with subtests.test(sent=sent):
                disposition = f'name="image"; filename="{sent}"'.replace("\\", "\\\\")
                answer = post_raw(client, part(png(), disposition) + END)
                assert answer.status_code == 202 and answer.json, answer.json
                assert answer.json["original_filename"] == shown
                kept = f"/{answer.json['img_unique_id']}_{stem}.png"
                assert any(path.endswith(kept) for path in files(app))

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return dataclasses.replace(settings, upload_wait=0)

    def test_a_very_long_name(self, app: Flask, client: FlaskClient) -> None:
        answer = send(client, None, "長" * 400 + ".png")
        assert answer.status_code == 202 and answer.json
        assert answer.json["original_filename"] == "長" * 251 + ".png"
        assert len(files(app)[-1].rpartition("/")[2].encode()) <= 255

    def test_a_name_that_is_not_utf_8(self, app: Flask, client: FlaskClient) -> None:
        raw = part(png()).replace(b"a.png", b"caf\xe9.png")
        assert post_raw(client, raw + END).status_code in (202, 400)


class TestRefused:
    """Nothing of what is refused is kept: no row, no file, no call to SegFormer."""

    @pytest.fixture(autouse=True)
    def keeps_nothing(self, app: Flask, stub: StubService) -> Any:
        yield
        assert nothing_kept(app), (files(app), rows(app))
        assert stub.stats()["requests"] == 0

    def assert_refused(self, answer: TestResponse, code: int, said: str) -> None:
        assert answer.status_code == code, answer.json
        assert answer.json is not None
        assert answer.json["code"] == code and said in answer.json["message"]

    def test_a_body_that_is_no_form(self, client: FlaskClient) -> None:
        self.assert_refused(client.post("/upload", data=png()), 400, "multipart/form-data")
        self.assert_refused(client.post("/upload", json={"image": "x"}), 400, "curl -F image=")
        self.assert_refused(client.post("/upload"), 400, "multipart/form-data")

    def test_a_form_without_a_boundary(self, client: FlaskClient) -> None:
        headers = {"Content-Type": "multipart/form-data"}
        answer = client.post("/upload", data=part(png()) + END, headers=headers)
        self.assert_refused(answer, 400, "multipart/form-data")

    def test_no_field(self, client: FlaskClient) -> None:
        self.assert_refused(post_raw(client, END), 400, "no file in the field `image`")

    def test_another_field(self, client: FlaskClient) -> None:
        answer = client.post("/upload", data={"file": (io.BytesIO(png()), "a.png")})
        self.assert_refused(answer, 400, "no file in the field `image`")

    def test_an_empty_name(self, client: FlaskClient) -> None:
        answer = post_raw(client, part(png(), 'name="image"; filename=""') + END)
        self.assert_refused(answer, 400, "no name")

    def test_a_text_field(self, client: FlaskClient) -> None:
        self.assert_refused(post_raw(client, part(b"text", 'name="image"') + END), 400, "no name")

    def test_a_wrong_extension(self, client: FlaskClient) -> None:
        for name in ("a.gif", "a.png.exe", "a", ".png/", "a.svg"):
            self.assert_refused(send(client, png(), name), 400, "")

    def test_an_empty_file(self, client: FlaskClient) -> None:
        self.assert_refused(send(client, b""), 400, "empty")

    def test_what_is_no_image(self, client: FlaskClient) -> None:
        self.assert_refused(send(client, b"%PDF-1.7 ..."), 400, "not a PNG, JPEG, BMP or TIFF")

    def test_an_image_of_another_format(self, client: FlaskClient) -> None:
        answer = send(client, encoded(picture("P"), "GIF"))
        self.assert_refused(answer, 400, "not a PNG, JPEG, BMP or TIFF")

    def test_a_file_cut_short(self, client: FlaskClient, subtests: pytest.Subtests) -> None:
        for kind in ("PNG", "JPEG", "BMP", "TIFF"):
            data = encoded(picture("RGB"), kind)
            for cut in (1, 10, len(data) // 2):
                with subtests.test(kind=kind, cut=cut):
                    self.assert_refused(send(client, data[:-cut]), 400, "Send the whole file again")

    def test_a_bomb(self, client: FlaskClient) -> None:
        self.assert_refused(send(client, png_bomb()), 413, "megapixels")

    def test_two_images(self, client: FlaskClient) -> None:
        body = {"image": [(io.BytesIO(png()), "a.png"), (io.BytesIO(png()), "b.png")]}
        answer = client.post("/upload", data=body)
        self.assert_refused(answer, 400, "Send several to /upload/batch")

    def test_a_body_cut_off(self, client: FlaskClient) -> None:
        whole = part(encoded(picture("L", 800, 800))) + END
        for cut in (4, len(END), len(END) + 2, len(whole) // 2, len(whole) - 20):
            self.assert_refused(post_raw(client, whole[:-cut]), 400, "send it again")

    def test_a_client_that_goes_away(self, client: FlaskClient) -> None:
        whole = part(encoded(picture("L", 800, 800))) + END
        answer = client.post(
            "/upload",
            input_stream=io.BytesIO(whole[: len(whole) // 2]),
            headers=MULTIPART,
            environ_overrides={"CONTENT_LENGTH": str(len(whole))},
        )
        self.assert_refused(answer, 400, "send it again")

    def test_a_connection_that_breaks(self, client: FlaskClient) -> None:
        whole = part(encoded(picture("L", 800, 800))) + END
        for err in (NoMoreData(), ChunkMissingTerminator(b"zz"), ConnectionResetError()):
            answer = client.post(
                "/upload",
                input_stream=Breaking(whole[: len(whole) // 2], err),
                headers=MULTIPART,
                environ_overrides={"wsgi.input_terminated": True},
            )
            self.assert_refused(answer, 400, "send it again")

    def test_headers_without_end(self, client: FlaskClient) -> None:
        body = part(b"", 'name="image"; filename="' + "a" * 2_000_000)
        self.assert_refused(post_raw(client, body), 413, "")

    def test_fields_without_end(self, client: FlaskClient) -> None:
        body = part(b"x", 'name="note"') * 200 + part(png()) + END
        self.assert_refused(post_raw(client, body), 413, "")

    def test_a_key_that_is_too_long(self, client: FlaskClient) -> None:
        answer = send(client, headers={"Idempotency-Key": "k" * 256})
        assert answer.status_code == 422 and answer.json
        assert answer.json["errors"] == {
            "headers": {"Idempotency-Key": ["Length must be between 1 and 255."]}
        }

    def test_another_method(self, client: FlaskClient) -> None:
        answer = client.put("/upload")
        self.assert_refused(answer, 405, "does not take this method")
        assert "POST" in answer.headers["Allow"]


class TestLimits:
    """Sizes, with small limits."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return dataclasses.replace(
            settings, max_file_size_mb=0.01, max_image_megapixels=0.005, upload_wait=0
        )

    def test_a_file_over_the_limit(self, app: Flask, client: FlaskClient) -> None:
        answer = send(client, png() + bytes(11_000))
        assert answer.status_code == 413 and answer.json
        assert "larger than the limit of 0.01 MB" in answer.json["message"]
        assert nothing_kept(app)

    def test_a_file_just_at_the_limit(self, app: Flask, client: FlaskClient) -> None:
        data = png()
        answer = send(client, data + bytes(int(0.01 * 1024 * 1024) - len(data)))
        assert answer.status_code == 202

    def test_a_body_far_over_the_limit(self, app: Flask, client: FlaskClient) -> None:
        answer = post_raw(client, part(bytes(2_000_000)) + END)
        assert answer.status_code == 413 and answer.json
        assert "0.01 MB" in answer.json["message"]
        assert nothing_kept(app)

    def test_a_body_of_unknown_length(self, app: Flask, client: FlaskClient) -> None:
        for size in (11_000, 2_000_000):
            answer = client.post(
                "/upload",
                input_stream=io.BytesIO(part(bytes(size)) + END),
                headers={**MULTIPART, "Transfer-Encoding": "chunked"},
                environ_overrides={"wsgi.input_terminated": True},
            )
            assert answer.status_code == 413, answer.json
        assert nothing_kept(app)

    def test_too_many_pixels(self, app: Flask, client: FlaskClient) -> None:
        answer = send(client, encoded(picture("1", 100, 51)))
        assert answer.status_code == 413 and answer.json
        assert "100 x 51 pixels" in answer.json["message"]
        assert nothing_kept(app)


@pytest.fixture
def eager(app: Flask) -> Iterator[None]:
    """A worker that has begun with what is queued before the commit that queued it returns."""

    def begin(session: Any) -> None:
        with app.app_context(), db.engine.begin() as connection:
            connection.execute(
                text("UPDATE uploads SET status = 'processing' WHERE status = 'queued'")
            )

    event.listen(db.session, "after_commit", begin)
    yield
    event.remove(db.session, "after_commit", begin)


class TestFailed:
    """The service fails: the upload stays, and can be retried."""

    WAYS = (
            ("no_model", 503), ("html503", 503), ("html504", 504),
            ("500", 502), ("400", 502), ("redirect", 502), ("reset", 502),
            ("close", 502), ("cut", 502), ("reset_midway", 502), ("html502", 502),
            ("html200", 502), ("bad_json", 502), ("not_png", 502), ("no_mask", 502),
            ("no_success", 502), ("wrong_total", 502), ("nan", 502), ("two_of_one_class", 502),
    )  # fmt: skip

    def test_every_way_to_fail_has_its_status(
        self,
        app: Flask,
        client: FlaskClient,
        worker: WorkerThread,
        stub: StubService,
        subtests: pytest.Subtests,
    ) -> None:
        for fault, status in self.WAYS:
            with subtests.test(fault=fault):
                stub.set_fault(fault, count=-1)
                assert_failed(app, client, status)

    def test_the_service_is_not_there(
        self, client: FlaskClient, worker: WorkerThread, app: Flask, stub: StubService
    ) -> None:
        stub.stop()
        try:
            answer = send(client)
            assert answer.status_code == 503 and answer.json
            assert "cannot be reached" in answer.json["message"]
        finally:
            stub.start()

    def test_a_passing_fault_is_not_noticed(
        self, client: FlaskClient, worker: WorkerThread, stub: StubService
    ) -> None:
        stub.set_fault("no_model", count=2)
        inspected(client)
        assert stub.stats()["requests"] == 3

    def test_a_retry_makes_it_done(
        self, client: FlaskClient, worker: WorkerThread, stub: StubService
    ) -> None:
        stub.set_fault("500", count=-1)
        failed = send(client).json
        assert failed
        stub.reset()
        retried = client.post(failed["retry_url"])
        link = retried.headers["Location"]
        assert retried.status_code == 202 and retried.json
        assert retried.json["status"] == "queued" and retried.json["upload_url"] == link
        record = until(lambda: (r := client.get(link).json) and r["status"] == "done" and r)
        assert (record["attempts"], record["error"]) == (2, None)
        assert client.get(f"/images/{failed['img_unique_id']}").status_code == 200

    def test_a_retry_says_queued_however_soon_a_worker_begins(
        self, client: FlaskClient, app: Flask, eager: None
    ) -> None:
        unique_id = queued(client)
        with app.app_context(), db.engine.begin() as connection:
            connection.execute(text("UPDATE uploads SET status = 'failed', error = 'x'"))
        retried = client.post(f"/uploads/{unique_id}/retry")
        assert retried.status_code == 202 and retried.json
        assert retried.json["status"] == "queued"
        record = client.get(f"/uploads/{unique_id}").json
        assert record and record["status"] == "processing"

    def test_only_a_failed_one_can_be_retried(
        self, client: FlaskClient, worker: WorkerThread
    ) -> None:
        unique_id = inspected(client)["img_unique_id"]
        answer = client.post(f"/uploads/{unique_id}/retry")
        assert answer.status_code == 409 and answer.json
        assert "Only a failed upload can be retried" in answer.json["message"]


class TestLate:
    """The service takes too long."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return dataclasses.replace(settings, segformer_timeout=1)

    @pytest.mark.parametrize("fault", ["timeout", "slow_drip"])
    def test_what_comes_too_late_has_failed(
        self, fault: str, app: Flask, client: FlaskClient, worker: WorkerThread, stub: StubService
    ) -> None:
        stub.set_fault(fault, count=-1)
        assert_failed(app, client, 504)


def assert_failed(app: Flask, client: FlaskClient, status: int) -> None:
    """Send an image; see its failure told, its input kept and nothing of a result."""
    data = png()
    answer = send(client, data)
    body = answer.json
    assert answer.status_code == status and body, body
    unique_id = body["img_unique_id"]
    assert body["upload_status"] == "failed" and body["code"] == status
    assert body["retry_url"] == f"http://localhost/uploads/{unique_id}/retry"
    record = client.get(f"/uploads/{unique_id}").json
    assert record and (record["status"], record["attempts"]) == ("failed", 1)
    assert record["error"] and record["error"] in body["message"]
    assert client.get(f"/images/{unique_id}").status_code == 404
    assert fetched(client, f"/download/image/{unique_id}/input") == data
    assert rows(app)["images"] == rows(app)["classes"] == 0
    assert not any("results" in name for name in files(app))


class TestLater:
    """Answers before the result."""

    def test_respond_async_names_the_place_to_ask(self, client: FlaskClient) -> None:
        answer = send(client, headers=LATER)
        body = answer.json
        assert answer.status_code == 202 and body
        assert (body["success"], body["status"]) == (True, "queued")
        assert answer.headers["Location"] == body["upload_url"]
        record = client.get(answer.headers["Location"]).json
        assert record and record["img_unique_id"] == body["img_unique_id"]

    def test_it_says_queued_however_soon_a_worker_begins(
        self, client: FlaskClient, eager: None
    ) -> None:
        body = send(client, headers=LATER).json
        assert body and body["status"] == "queued"
        record = client.get(body["upload_url"]).json
        assert record and record["status"] == "processing"

    def test_the_preference_is_read_as_the_standard_says(
        self, client: FlaskClient, worker: WorkerThread
    ) -> None:
        for prefer in ("Respond-Async", "respond-async, wait=10", "respond-async;x"):
            assert send(client, headers={"Prefer": prefer}).status_code == 202

    def test_an_unknown_preference_is_ignored(
        self, client: FlaskClient, worker: WorkerThread
    ) -> None:
        for prefer in ("return=minimal", "not-respond-async", ""):
            assert send(client, headers={"Prefer": prefer}).status_code == 200

    def test_the_wait_has_an_end(self, settings: Settings) -> None:
        client = create_app(dataclasses.replace(settings, upload_wait=0.2)).test_client()
        answer = send(client)
        assert answer.status_code == 202 and answer.json
        assert answer.json["status"] == "queued"

    def test_what_was_not_waited_for_is_inspected_all_the_same(
        self, client: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        unique_id = queued(client)
        with WorkerThread(app, monkeypatch):
            until(lambda: client.get(f"/images/{unique_id}").status_code == 200)


class TestIdempotencyKey:
    """The same key and bytes once more."""

    KEY: dict[str, str] = {"Idempotency-Key": "line3-000342"}  # noqa: RUF012

    def test_the_same_bytes_get_the_first_answer_without_an_inference(
        self, client: FlaskClient, worker: WorkerThread, stub: StubService, app: Flask
    ) -> None:
        data = png()
        first = send(client, data, headers=self.KEY)
        again = send(client, data, "other-name.png", headers=self.KEY)
        assert first.status_code == again.status_code == 200
        assert again.json == first.json
        assert stub.stats()["requests"] == 1
        assert rows(app)["uploads"] == 1 and len(files(app)) == 6

    def test_a_failure_is_answered_again_too(
        self, client: FlaskClient, worker: WorkerThread, stub: StubService
    ) -> None:
        stub.set_fault("500", count=-1)
        data = png()
        first = send(client, data, headers=self.KEY)
        seen = stub.stats()["requests"]
        again = send(client, data, headers=self.KEY)
        assert first.status_code == again.status_code == 502
        assert again.json == first.json
        assert stub.stats()["requests"] == seen

    def test_other_bytes_are_refused(self, client: FlaskClient, app: Flask) -> None:
        assert send(client, headers=self.KEY | LATER).status_code == 202
        before = files(app)
        answer = send(client, headers=self.KEY)
        assert answer.status_code == 422 and answer.json
        assert "other bytes" in answer.json["message"]
        assert files(app) == before

    def test_a_refused_file_leaves_its_key_free(
        self, client: FlaskClient, worker: WorkerThread
    ) -> None:
        assert send(client, b"no image", headers=self.KEY).status_code == 400
        assert send(client, headers=self.KEY).status_code == 200

    def test_while_the_first_waits_the_second_is_refused(
        self, app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        data = png()
        answers: list[TestResponse] = []
        first = threading.Thread(
            target=lambda: answers.append(send(app.test_client(), data, headers=self.KEY))
        )
        first.start()
        until(lambda: rows(app)["uploads"] == 1)
        second = send(client, data, headers=self.KEY)
        assert second.status_code == 409 and second.json
        assert "still under way" in second.json["message"]
        with WorkerThread(app, monkeypatch):
            first.join()
        assert answers[0].status_code == 200
        assert send(client, data, headers=self.KEY).json == answers[0].json

    def test_of_two_at_once_one_is_kept(
        self, app: Flask, worker: WorkerThread, stub: StubService
    ) -> None:
        data = png()
        answers: list[TestResponse] = []
        start = threading.Barrier(4)

        def post() -> None:
            own = app.test_client()
            start.wait()
            answers.append(send(own, data, headers=self.KEY))

        threads = [threading.Thread(target=post) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {answer.status_code for answer in answers} <= {200, 409}
        assert rows(app)["uploads"] == 1 and len(files(app)) == 6
        assert stub.stats()["requests"] == 1

    def test_asked_for_later_both_get_the_same_upload(self, client: FlaskClient) -> None:
        data = png()
        first, again = (send(client, data, headers=self.KEY | LATER) for _ in range(2))
        assert (first.status_code, again.status_code) == (202, 202)
        assert first.json == again.json

    def test_a_deleted_upload_frees_its_key(
        self, client: FlaskClient, worker: WorkerThread
    ) -> None:
        data = png()
        first = send(client, data, headers=self.KEY).json
        assert first and client.delete(f"/uploads/{first['img_unique_id']}").status_code == 204
        again = send(client, data, headers=self.KEY).json
        assert again and again["img_unique_id"] != first["img_unique_id"]

    def test_a_key_of_full_length_is_taken(self, client: FlaskClient) -> None:
        headers = {"Idempotency-Key": "k" * 255} | LATER
        assert send(client, headers=headers).status_code == 202

    def test_an_empty_key_is_refused(self, client: FlaskClient) -> None:
        assert send(client, headers={"Idempotency-Key": ""}).status_code == 422


class TestRecords:
    """GET and DELETE of the intake records."""

    def test_a_record_tells_all_the_contract_names(
        self, client: FlaskClient, worker: WorkerThread
    ) -> None:
        data = jpeg()
        unique_id = inspected(client, data, "b.jpg")["img_unique_id"]
        record = client.get(f"/uploads/{unique_id}").json
        assert record is not None
        assert {record.pop("created_at")[-1], record.pop("updated_at")[-1]} == {"Z"}
        assert record == {
            "img_unique_id": unique_id,
            "status": "done",
            "original_filename": "b.jpg",
            "batch_id": None,
            "size_bytes": len(data),
            "sha256": sha256(data),
            "attempts": 1,
            "error": None,
        }

    def test_records_are_listed_newest_first_and_by_status(
        self, client: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with WorkerThread(app, monkeypatch):
            done = inspected(client)["img_unique_id"]
        waiting = queued(client)
        answer = client.get("/uploads").json
        assert answer and [u["img_unique_id"] for u in answer["uploads"]] == [waiting, done]
        assert (answer["total"], answer["page"], answer["limit"]) == (2, 1, 10)
        answer = client.get("/uploads?status=queued").json
        assert answer and [u["img_unique_id"] for u in answer["uploads"]] == [waiting]
        assert client.get("/uploads?status=lost").status_code == 422

    def test_a_queued_upload_can_be_deleted_and_is_not_inspected(
        self,
        client: FlaskClient,
        app: Flask,
        stub: StubService,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        unique_id = queued(client)
        assert client.delete(f"/uploads/{unique_id}").status_code == 204
        assert files(app) == []
        with WorkerThread(app, monkeypatch):
            until(lambda: rows(app)["procrastinate_jobs"] == 0)
        assert nothing_kept(app) and stub.stats()["requests"] == 0

    def test_while_it_is_inspected_it_cannot_be_deleted(
        self, client: FlaskClient, worker: WorkerThread, stub: StubService
    ) -> None:
        stub.hold()
        try:
            unique_id = queued(client)
            link = f"/uploads/{unique_id}"
            until(lambda: (r := client.get(link).json) and r["status"] == "processing")
            answer = client.delete(link)
            assert answer.status_code == 409 and answer.json
            assert "inspected right now" in answer.json["message"]
        finally:
            stub.release()
        until(lambda: client.delete(link).status_code == 204)

    def test_unknown_ids(self, client: FlaskClient, subtests: pytest.Subtests) -> None:
        for unique_id in (UNKNOWN, "x", "%00", "..%2f..", UNKNOWN[:-1] + "I", "ü"):
            for method, path in [
                ("GET", f"/uploads/{unique_id}"),
                ("DELETE", f"/uploads/{unique_id}"),
                ("POST", f"/uploads/{unique_id}/retry"),
            ]:
                with subtests.test(method=method, path=path):
                    answer = client.open(path, method=method)
                    assert answer.status_code == 404 and answer.json
                    assert answer.json["code"] == 404

from __future__ import annotations

import io
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from aoi import batch_intake
from aoi.exceptions import StorageFull
from aoi.extensions import db
from aoi.storage import Storage
from tests.pictures import png
from tests.sending import files, nothing_kept, queued, rows, until
from tests.stub import StubService
from tests.workers import WorkerThread

UNKNOWN = "20260225_103045_7K3QH2ZD"


def send_batch(
    client: FlaskClient,
    pictures: list[tuple[str, bytes]],
    query: str = "",
    key: str | None = None,
) -> TestResponse:
    parts = [(io.BytesIO(data), name) for name, data in pictures]
    headers = {"Idempotency-Key": key} if key else None
    return client.post(f"/upload/batch{query}", data={"images": parts}, headers=headers)


def pictures(count: int) -> list[tuple[str, bytes]]:
    return [(f"p{number}.png", png()) for number in range(1, count + 1)]


def accepted(answer: TestResponse) -> dict[str, Any]:
    assert answer.status_code == 202, answer.text
    assert answer.json is not None
    return dict(answer.json)


def shown(client: FlaskClient, batch_id: str) -> dict[str, Any]:
    answer = client.get(f"/batches/{batch_id}")
    assert answer.status_code == 200 and answer.json
    return dict(answer.json)


def finished(client: FlaskClient, batch_id: str) -> dict[str, Any]:
    def ended() -> dict[str, Any] | None:
        batch = shown(client, batch_id)
        return batch if batch["status"] == "done" else None

    return dict(until(ended))


def test_all_inputs_are_stored_and_queued(client: FlaskClient, app: Flask) -> None:
    answer = send_batch(client, pictures(3))
    batch = accepted(answer)
    assert answer.headers["Location"] == batch["batch_url"]
    assert batch["status"] == "processing" and batch["finished_at"] is None
    assert batch["counts"] == {"queued": 3, "processing": 0, "done": 0, "failed": 0, "rejected": 0}
    assert [item["index"] for item in batch["results"]] == [1, 2, 3]
    assert rows(app)["procrastinate_jobs"] == 3
    assert len([name for name in files(app) if name.startswith("uploads/")]) == 3


def test_one_bad_file_does_not_spoil_the_others(client: FlaskClient, app: Flask) -> None:
    sent = [("good.png", png()), ("bad.png", b"no image"), ("notes.txt", b"words"), ("e.png", b"")]
    batch = accepted(send_batch(client, sent))
    assert [item["status"] for item in batch["results"]] == ["queued", *["rejected"] * 3]
    assert all(item["img_unique_id"] is None for item in batch["results"][1:])
    assert all(item["error"] for item in batch["results"][1:])
    assert batch["progress"] == 0.75
    assert len([name for name in files(app) if name.startswith("uploads/")]) == 1


def test_not_one_acceptable_file_keeps_nothing(client: FlaskClient, app: Flask) -> None:
    answer = send_batch(client, [("bad.png", b"no image"), ("worse.png", b"")])
    assert answer.status_code == 400 and answer.json
    assert set(answer.json["errors"]) == {"bad.png", "worse.png"}
    assert nothing_kept(app)


@pytest.mark.parametrize("body", [{}, {"image": (io.BytesIO(b"x"), "a.png")}])
def test_no_files_at_all_is_told(client: FlaskClient, body: dict[str, Any]) -> None:
    answer = client.post("/upload/batch", data=body, content_type="multipart/form-data")
    assert answer.status_code == 400


def test_held_until_the_batch_has_ended(client: FlaskClient, worker: WorkerThread) -> None:
    answer = send_batch(client, pictures(3), "?wait=100")
    assert answer.status_code == 200 and answer.json
    batch = answer.json
    assert batch["status"] == "done" and batch["progress"] == 1 and batch["finished_at"]
    assert batch["total_defects"] == sum(item["total_defects"] for item in batch["results"])
    assert batch["total_defects"] == sum(batch["defect_classes"].values())


def test_held_no_longer_than_asked(client: FlaskClient) -> None:
    accepted(send_batch(client, pictures(1), "?wait=0.2"))


@pytest.mark.parametrize("wait", ["-1", "601", "soon"])
def test_bad_wait_is_422(client: FlaskClient, wait: str) -> None:
    assert send_batch(client, pictures(1), f"?wait={wait}").status_code == 422


def test_more_files_go_on_counting(client: FlaskClient, worker: WorkerThread) -> None:
    batch_id = accepted(send_batch(client, pictures(2)))["batch_id"]
    finished(client, batch_id)
    more = accepted(send_batch(client, pictures(2), f"?batch_id={batch_id}"))
    assert [item["index"] for item in more["results"]] == [1, 2, 3, 4]
    assert finished(client, batch_id)["counts"]["done"] == 4


def test_adding_to_no_batch_is_404(client: FlaskClient, app: Flask) -> None:
    assert send_batch(client, pictures(1), f"?batch_id={UNKNOWN}").status_code == 404
    assert nothing_kept(app)


class TestLimits:
    @pytest.fixture
    def settings(self, settings: Any) -> Any:
        object.__setattr__(settings, "max_batch_size", 3)
        object.__setattr__(settings, "max_file_size_mb", 0.01)
        return settings

    def test_too_many_files_keep_nothing(self, client: FlaskClient, app: Flask) -> None:
        answer = send_batch(client, pictures(4))
        assert answer.status_code == 413 and "3" in answer.json["message"]  # type: ignore[index]
        assert nothing_kept(app)

    def test_the_limit_holds_over_the_whole_batch(self, client: FlaskClient, app: Flask) -> None:
        batch_id = accepted(send_batch(client, pictures(2)))["batch_id"]
        before = files(app)
        answer = send_batch(client, pictures(2), f"?batch_id={batch_id}")
        assert answer.status_code == 413
        assert files(app) == before and rows(app)["uploads"] == 2

    def test_a_file_too_large_is_rejected_alone(self, client: FlaskClient) -> None:
        batch = accepted(send_batch(client, [*pictures(1), ("large.png", bytes(20_000))]))
        assert [item["status"] for item in batch["results"]] == ["queued", "rejected"]


def test_a_full_disk_keeps_nothing(
    client: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep, calls = Storage.keep_input, iter(range(9))

    def full_at_the_second(storage: Storage, *arguments: Any) -> str:
        if next(calls):
            raise StorageFull()
        return keep(storage, *arguments)

    monkeypatch.setattr(Storage, "keep_input", full_at_the_second)
    assert send_batch(client, pictures(3)).status_code == 507
    assert nothing_kept(app)


class TestKeys:
    def test_the_same_again_is_the_same_batch(self, client: FlaskClient, app: Flask) -> None:
        sent = pictures(2)
        first = accepted(send_batch(client, sent, key="k"))
        before = files(app)
        assert accepted(send_batch(client, sent, key="k"))["batch_id"] == first["batch_id"]
        assert files(app) == before and rows(app)["uploads"] == 2

    def test_other_files_are_422(self, client: FlaskClient) -> None:
        accepted(send_batch(client, pictures(2), key="k"))
        assert send_batch(client, pictures(2), key="k").status_code == 422

    def test_a_key_of_a_single_upload_is_422(self, client: FlaskClient) -> None:
        sent = pictures(1)
        accepted(send_batch(client, sent, key="k"))
        single = {"image": (io.BytesIO(sent[0][1]), "p1.png")}
        answer = client.post("/upload", data=single, headers={"Idempotency-Key": "k"})
        assert answer.status_code == 422

    def test_the_slower_of_two_gets_what_the_first_got(
        self, client: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sent, find = pictures(1), batch_intake.idempotency.find
        first = accepted(send_batch(client, sent, key="k"))

        # As if it had looked before the other committed.
        def only_later(*arguments: Any) -> Any:
            monkeypatch.setattr(batch_intake.idempotency, "find", find)
            return None

        monkeypatch.setattr(batch_intake.idempotency, "find", only_later)
        assert accepted(send_batch(client, sent, key="k"))["batch_id"] == first["batch_id"]
        assert rows(app)["uploads"] == 1


def test_single_uploads_overtake_and_batches_take_turns(client: FlaskClient, app: Flask) -> None:
    long = accepted(send_batch(client, pictures(3)))["batch_id"]
    short = accepted(send_batch(client, pictures(1)))["batch_id"]
    single = queued(client)
    with app.app_context():
        order = db.session.execute(
            text(
                "SELECT upload.img_unique_id, batch_id, position FROM procrastinate_jobs AS job"
                " JOIN uploads AS upload ON upload.img_unique_id = job.queueing_lock"
                " ORDER BY job.priority DESC, job.id"
            )
        ).all()
        db.session.remove()
    assert [(row.batch_id, row.position) for row in order] == [
        (None, None), (long, 1), (short, 1), (long, 2), (long, 3),
    ]  # fmt: skip
    assert order[0].img_unique_id == single


def test_failed_ones_are_retried_together(
    client: FlaskClient, worker: WorkerThread, stub: StubService
) -> None:
    stub.set_fault("500", count=2)
    batch_id = accepted(send_batch(client, pictures(3)))["batch_id"]
    batch = finished(client, batch_id)
    assert batch["counts"]["failed"] == 2 and batch["counts"]["done"] == 1
    assert accepted(client.post(f"/batches/{batch_id}/retry"))["batch_id"] == batch_id
    assert finished(client, batch_id)["counts"]["done"] == 3


def test_retrying_nothing_is_fine(client: FlaskClient) -> None:
    batch_id = accepted(send_batch(client, pictures(1)))["batch_id"]
    assert accepted(client.post(f"/batches/{batch_id}/retry"))["counts"]["queued"] == 1


def test_a_batch_under_way_is_not_deleted(client: FlaskClient, app: Flask) -> None:
    batch_id = accepted(send_batch(client, pictures(1)))["batch_id"]
    assert client.delete(f"/batches/{batch_id}").status_code == 409
    assert rows(app)["uploads"] == 1


def test_a_batch_is_deleted_with_all_it_has(
    client: FlaskClient, app: Flask, worker: WorkerThread
) -> None:
    sent = [*pictures(2), ("bad.png", b"no image")]
    batch_id = accepted(send_batch(client, sent, key="k"))["batch_id"]
    finished(client, batch_id)
    assert client.delete(f"/batches/{batch_id}").status_code == 204
    assert client.get(f"/batches/{batch_id}").status_code == 404
    assert nothing_kept(app)


def test_an_upload_deleted_leaves_counts_and_list(
    client: FlaskClient, worker: WorkerThread
) -> None:
    batch = accepted(send_batch(client, pictures(2)))
    finished(client, batch["batch_id"])
    unique_id = batch["results"][0]["img_unique_id"]
    assert client.delete(f"/uploads/{unique_id}").status_code == 204
    left = shown(client, batch["batch_id"])
    assert left["total_images"] == 1 and [item["index"] for item in left["results"]] == [2]


def test_an_empty_batch_is_done(client: FlaskClient, worker: WorkerThread) -> None:
    batch = finished(client, accepted(send_batch(client, pictures(1)))["batch_id"])
    client.delete(f"/uploads/{batch['results'][0]['img_unique_id']}")
    left = shown(client, batch["batch_id"])
    assert left["status"] == "done" and left["total_images"] == 0 and left["progress"] == 1


def test_batches_are_listed_newest_first(client: FlaskClient, worker: WorkerThread) -> None:
    old = accepted(send_batch(client, pictures(2)))["batch_id"]
    new = accepted(send_batch(client, [*pictures(1), ("bad.png", b"no image")]))["batch_id"]
    for batch_id in (old, new):
        finished(client, batch_id)
    page = client.get("/batches?limit=1").json
    assert page and page["total"] == 2 and [b["batch_id"] for b in page["batches"]] == [new]
    assert "results" not in page["batches"][0]
    assert page["batches"][0]["counts"]["rejected"] == 1
    following = client.get(f"/batches?limit=1&cursor={page['next_cursor']}").json
    assert following and [b["batch_id"] for b in following["batches"]] == [old]
    whole = shown(client, old)
    for name in ("counts", "total_defects", "defect_classes", "finished_at", "progress"):
        assert following["batches"][0][name] == whole[name]


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("GET", f"/batches/{UNKNOWN}"),
        ("POST", f"/batches/{UNKNOWN}/retry"),
        ("DELETE", f"/batches/{UNKNOWN}"),
        ("GET", "/batches/nonsense"),
    ],
)
def test_unknown_batches_are_404(client: FlaskClient, method: str, address: str) -> None:
    assert client.open(address, method=method).status_code == 404


def test_a_waiting_batch_says_since_when(
    client: FlaskClient, worker: WorkerThread, stub: StubService
) -> None:
    stub.set_fault("no_model", count=-1)
    batch_id = accepted(send_batch(client, pictures(2)))["batch_id"]
    until(lambda: shown(client, batch_id)["waiting_for_segformer_since"])
    counts = shown(client, batch_id)["counts"]
    assert counts["done"] == counts["failed"] == 0
    stub.reset()
    batch = finished(client, batch_id)
    assert batch["counts"]["done"] == 2 and batch["waiting_for_segformer_since"] is None

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from aoi import inspection
from aoi.exceptions import Postponed, StorageFull
from aoi.extensions import db
from aoi.storage import Storage
from tests.pictures import png, sha256
from tests.sending import LATER, fetched, files, nothing_kept, queued, rows, send
from tests.stub import StubService


@pytest.fixture
def run(app: Flask) -> Callable[..., None]:
    """Inspect an upload in this thread."""

    def call(unique_id: str, waited_for: bool = True) -> None:
        with app.app_context():
            inspection.run(unique_id, waited_for)

    return call


def sql(app: Flask, statement: str, **values: Any) -> None:
    with app.app_context():
        db.session.execute(text(statement), values)
        db.session.commit()


def record(client: FlaskClient, unique_id: str) -> dict[str, Any]:
    answer = client.get(f"/uploads/{unique_id}").json
    assert answer is not None
    return dict(answer)


@pytest.fixture
def meanwhile(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Have a statement run while SegFormer inspects."""

    def set_up(statement: str) -> None:
        client = app.extensions["aoi_inspector"].client
        inspect = client.inspect

        def inspect_slowly(*arguments: Any) -> Any:
            answer = inspect(*arguments)
            sql(app, statement)
            return answer

        monkeypatch.setattr(client, "inspect", inspect_slowly)

    return set_up


def test_running_it_twice_changes_nothing(
    app: Flask, client: FlaskClient, run: Callable[..., None], stub: StubService
) -> None:
    unique_id = queued(client)
    run(unique_id)
    before = record(client, unique_id), rows(app), files(app)
    run(unique_id)
    assert (record(client, unique_id), rows(app), files(app)) == before
    assert stub.stats()["requests"] == 1


def test_after_an_interruption_it_runs_whole_again(
    app: Flask, client: FlaskClient, run: Callable[..., None], stub: StubService
) -> None:
    data = png()
    unique_id = queued(client, data)
    sql(app, "UPDATE uploads SET status = 'processing', attempts = 1")
    stale: Path = app.extensions["aoi_storage"].root / f"results/{unique_id[:8]}/{unique_id}"
    stale.mkdir(parents=True)
    (stale / "left_over").write_bytes(b"of the run before")
    run(unique_id)
    assert (record(client, unique_id)["status"], record(client, unique_id)["attempts"]) == (
        "done", 2,
    )  # fmt: skip
    expected = stub.expected(sha256(data), 64, 48)
    assert fetched(client, f"/download/image/{unique_id}/mask") == expected.mask
    assert not (stale / "left_over").exists() and len(files(app)) == 6


def test_the_third_interruption_is_the_last(
    app: Flask, client: FlaskClient, run: Callable[..., None], stub: StubService
) -> None:
    unique_id = queued(client)
    sql(app, "UPDATE uploads SET status = 'processing', attempts = 3, interruptions = 2")
    run(unique_id)
    upload = record(client, unique_id)
    assert (upload["status"], upload["attempts"]) == ("failed", 3)
    assert "interrupted 3 times" in upload["error"]
    assert stub.stats()["requests"] == 0
    assert client.post(f"/uploads/{unique_id}/retry").status_code == 202
    run(unique_id)
    assert record(client, unique_id)["status"] == "done"


@pytest.mark.parametrize(
    ("statement", "status"),
    [
        ("UPDATE uploads SET attempts = attempts + 1", "processing"),
        ("UPDATE uploads SET status = 'failed', error = 'by another'", "failed"),
    ],
)
def test_a_result_that_comes_too_late_is_dropped(
    statement: str,
    status: str,
    app: Flask,
    client: FlaskClient,
    run: Callable[..., None],
    meanwhile: Callable[[str], None],
) -> None:
    unique_id = queued(client)
    meanwhile(statement)
    run(unique_id)
    assert record(client, unique_id)["status"] == status
    assert rows(app)["images"] == rows(app)["regions"] == 0
    assert not any("results" in name for name in files(app))


def test_a_failure_that_comes_too_late_is_dropped(
    app: Flask,
    client: FlaskClient,
    run: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    stub: StubService,
) -> None:
    unique_id = queued(client)
    claim_taken = inspection.claims.take

    def taken_over(*arguments: Any) -> Any:
        claim = claim_taken(*arguments)
        sql(app, "UPDATE uploads SET attempts = attempts + 1")
        return claim

    monkeypatch.setattr(inspection.claims, "take", taken_over)
    stub.set_fault("500", count=-1)
    run(unique_id)
    assert record(client, unique_id)["status"] == "processing"
    assert record(client, unique_id)["error"] is None


def test_an_upload_deleted_meanwhile_leaves_nothing(
    app: Flask,
    client: FlaskClient,
    run: Callable[..., None],
    meanwhile: Callable[[str], None],
) -> None:
    unique_id = queued(client)
    meanwhile("DELETE FROM uploads")
    run(unique_id)
    assert rows(app)["images"] == 0
    assert not any("results" in name for name in files(app))
    run(unique_id)
    run("20260225_103045_7K3QH2ZD")


def test_a_lost_input_is_told(app: Flask, client: FlaskClient, run: Callable[..., None]) -> None:
    unique_id = queued(client)
    for path in (app.extensions["aoi_storage"].root / "uploads").rglob("*.png"):
        path.unlink()
    run(unique_id)
    upload = record(client, unique_id)
    assert upload["status"] == "failed" and "cannot be read" in upload["error"]


class TestOutage:
    """SegFormer as a whole is away: an upload that nobody waits for is put back."""

    def test_it_is_put_back_and_later_not_even_tried(
        self, app: Flask, client: FlaskClient, run: Callable[..., None], stub: StubService
    ) -> None:
        unique_id = queued(client)
        stub.set_fault("no_model", count=-1)
        for _ in range(2):
            with pytest.raises(Postponed):
                run(unique_id, waited_for=False)
        assert (record(client, unique_id)["status"], record(client, unique_id)["attempts"]) == (
            "queued", 1,
        )  # fmt: skip

    def test_whoever_waits_is_told_at_once(
        self, client: FlaskClient, run: Callable[..., None], stub: StubService
    ) -> None:
        unique_id, other = queued(client), queued(client)
        stub.set_faults(
            {"mode": "no_model", "count": -1}, {"mode": "no_model", "path": "/health", "count": -1}
        )
        with pytest.raises(Postponed):
            run(other, waited_for=False)
        seen = stub.stats()["requests"]
        run(unique_id, waited_for=True)
        upload = record(client, unique_id)
        assert (upload["status"], upload["attempts"]) == ("failed", 0)
        assert "no model loaded" in upload["error"]
        assert stub.stats()["requests"] == seen

    def test_it_is_not_put_back_for_ever(
        self, app: Flask, client: FlaskClient, run: Callable[..., None], stub: StubService
    ) -> None:
        unique_id = queued(client)
        stub.set_fault("no_model", count=-1)
        for _ in range(5):
            with pytest.raises(Postponed):
                run(unique_id, waited_for=False)
            with app.app_context():  # /health says that all is well
                assert app.extensions["aoi_inspector"].watch.probe()
        run(unique_id, waited_for=False)
        upload = record(client, unique_id)
        assert (upload["status"], upload["attempts"]) == ("failed", 6)


class TestFullDisk:
    def test_before_it_nothing_is_tried(
        self,
        client: FlaskClient,
        run: Callable[..., None],
        stub: StubService,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        unique_id = queued(client)
        monkeypatch.setattr(Storage, "has_room", lambda *_: False)
        with pytest.raises(StorageFull):
            run(unique_id)
        assert record(client, unique_id)["status"] == "queued"
        assert stub.stats()["requests"] == 0

    def test_with_the_result_in_hand_it_is_tried_again_later(
        self, client: FlaskClient, run: Callable[..., None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: Any) -> Any:
            raise StorageFull()

        unique_id = queued(client)
        with monkeypatch.context() as patched:
            patched.setattr(Storage, "stage_results", full)
            with pytest.raises(Postponed):
                run(unique_id)
        assert record(client, unique_id)["status"] == "queued"
        run(unique_id)
        assert record(client, unique_id)["status"] == "done"

    def test_an_upload_is_refused_and_nothing_kept(
        self, app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Storage, "has_room", lambda *_: False)
        answer = send(client)
        assert answer.status_code == 507 and answer.json
        assert "Free some space" in answer.json["message"]
        assert nothing_kept(app)

    def test_an_upload_whose_thumbnail_does_not_fit_is_taken_back(
        self, app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: Any) -> None:
            raise StorageFull()

        monkeypatch.setattr(Storage, "keep_thumbnail", full)
        assert send(client).status_code == 507
        assert nothing_kept(app)


def test_rows_and_job_are_of_one_transaction(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("after the job, before the commit")

    with monkeypatch.context() as patched:
        patched.setattr("aoi.intake.defer_inspection", fail)
        assert send(client, headers=LATER).status_code == 500
    assert nothing_kept(app)
    queued(client)
    assert rows(app)["uploads"] == rows(app)["procrastinate_jobs"] == 1


def test_a_database_that_fails_last_leaves_no_results(
    app: Flask,
    client: FlaskClient,
    run: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unique_id = queued(client)

    def fail(*_: Any) -> None:
        raise OperationalError("INSERT", {}, Exception("the database went away"))

    monkeypatch.setattr(inspection, "add_rows", fail)
    with pytest.raises(OperationalError):
        run(unique_id)
    assert record(client, unique_id)["status"] == "processing"
    assert not any("results" in name for name in files(app))

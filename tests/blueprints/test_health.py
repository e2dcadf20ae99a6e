from __future__ import annotations

import dataclasses
import re
import threading
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from aoi import __version__, health
from aoi.config import Settings
from aoi.extensions import db
from tests.gate import Gate
from tests.sending import queued, until
from tests.stub import StubService


def report(client: FlaskClient) -> Any:
    answer = client.get("/health")
    assert answer.json is not None
    assert answer.status_code == (503 if answer.json["status"] == "error" else 200)
    return answer.json


def sql(app: Flask, statement: str) -> None:
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(db.text(statement))


class TestAllIsWell:
    def test_it_says_so(self, client: FlaskClient) -> None:
        answer = report(client)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", answer["timestamp"])
        assert (answer["status"], answer["version"]) == ("ok", __version__)
        assert answer["started_at"] <= answer["timestamp"]
        checks = answer["checks"]
        assert checks["database"].pop("latency_ms") > 0
        assert re.fullmatch(r"\d+\.\d+", checks["database"].pop("version"))
        assert 0 < checks["storage"].pop("used_percent") <= 100
        assert checks == {
            "database": {"status": "ok"},
            "segformer": {"status": "ok", "model_loaded": True, "since": None, "device": "cpu"},
            "storage": {"status": "ok", "accepts_uploads": True},
            "queue": {"status": "ok", "queued": 0, "oldest_queued_seconds": 0},
        }

    def test_what_waits_is_counted(self, client: FlaskClient) -> None:
        queued(client)
        queued(client)
        queue = report(client)["checks"]["queue"]
        assert queue["queued"] == 2 and queue["oldest_queued_seconds"] > 0

    def test_the_process_lives(self, client: FlaskClient) -> None:
        assert client.get("/health/live").json == {"status": "ok"}


class TestDegraded:
    def test_segformer_is_away_since_then(self, client: FlaskClient, stub: StubService) -> None:
        stub.stop()
        try:
            first = report(client)
            again = report(client)
        finally:
            stub.start()
        segformer = first["checks"]["segformer"]
        assert first["status"] == "degraded" and first["checks"]["database"]["status"] == "ok"
        assert (segformer["status"], segformer["model_loaded"]) == ("unreachable", None)
        assert segformer["since"] <= first["timestamp"]
        assert again["checks"]["segformer"]["since"] == segformer["since"]
        back = report(client)
        assert (back["status"], back["checks"]["segformer"]["since"]) == ("ok", None)

    @pytest.mark.parametrize(
        ("fault", "status"), [("no_model", "no_model"), ("html502", "bad_answer")]
    )
    def test_segformer_is_not_right(
        self, fault: str, status: str, client: FlaskClient, stub: StubService
    ) -> None:
        stub.set_fault(fault, path="/health", count=-1)
        answer = report(client)
        assert answer["status"] == "degraded"
        assert answer["checks"]["segformer"]["status"] == status

    def test_segformer_hangs(
        self, client: FlaskClient, stub: StubService, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(health, "CHECK_SECONDS", 0.6)
        stub.set_fault("timeout", path="/health", count=-1, seconds=600)

        def told() -> bool:
            answer = report(client)
            assert answer["checks"]["segformer"]["status"] == "timeout"
            # On a busy machine the database itself may be late.
            return bool(answer["status"] == "degraded")

        until(told)

    def test_images_wait_and_no_worker_runs(self, app: Flask, client: FlaskClient) -> None:
        queued(client)
        assert report(client)["checks"]["queue"]["status"] == "ok"  # one may just be starting
        sql(app, "UPDATE uploads SET created_at = created_at - interval '1 minute'")
        answer = report(client)
        assert answer["status"] == "degraded"
        assert answer["checks"]["queue"]["status"] == "no_worker"
        sql(app, "INSERT INTO procrastinate_workers DEFAULT VALUES")
        assert report(client)["status"] == "ok"

    def test_the_disk_is_nearly_full(
        self, app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        usage = {"total_bytes": 100, "free_bytes": 10, "used_percent": 90.0}
        monkeypatch.setattr(health, "disk_usage", lambda _: usage)
        answer = report(client)
        assert answer["status"] == "degraded"
        assert answer["checks"]["storage"] == {
            "status": "warning",
            "used_percent": 90.0,
            "accepts_uploads": True,
        }

    def test_the_disk_fails(self, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(_: Any) -> Any:
            raise OSError("input/output error")

        monkeypatch.setattr("shutil.disk_usage", fail)
        answer = report(client)
        assert answer["status"] == "degraded"
        assert answer["checks"]["storage"]["status"] == "warning"
        assert answer["checks"]["storage"]["used_percent"] is None

    def test_the_disk_hangs(self, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
        released, asked = threading.Event(), []

        def hang(_: Any) -> Any:
            asked.append(1)
            released.wait(200)
            return {"used_percent": 1.0}

        monkeypatch.setattr(health, "disk_usage", hang)
        monkeypatch.setattr(health, "CHECK_SECONDS", 0.6)
        for _ in range(3):
            assert report(client)["checks"]["storage"]["used_percent"] is None
        assert len(asked) == 1  # no thread more for each time that it was asked
        released.set()


class TestError:
    @pytest.fixture
    def settings(self, settings: Settings, gate: Gate) -> Settings:
        return dataclasses.replace(settings, database_url=gate.url)

    def test_the_database_is_away_and_comes_back(self, client: FlaskClient, gate: Gate) -> None:
        gate.shut()
        answer = report(client)
        assert answer["status"] == "error"
        assert answer["checks"]["database"] == {
            "status": "error",
            "latency_ms": None,
            "version": None,
        }
        assert answer["checks"]["queue"]["queued"] is None
        assert answer["checks"]["segformer"]["status"] == "ok"
        gate.open()
        assert report(client)["status"] == "ok"

    def test_the_database_hangs(
        self, client: FlaskClient, gate: Gate, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(health, "CHECK_SECONDS", 0.6)
        gate.silence()

        def told() -> bool:
            answer = report(client)
            assert answer["status"] == "error"
            # On a busy machine SegFormer itself may be late.
            return bool(answer["checks"]["segformer"]["status"] == "ok")

        until(told)
        assert client.get("/health/live").status_code == 200


def test_the_answer_is_due_in_time() -> None:
    assert health.CHECK_SECONDS < 2

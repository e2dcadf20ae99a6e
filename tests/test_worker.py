from __future__ import annotations

import dataclasses
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from aoi import worker as module
from aoi.administration import said
from aoi.config import Settings
from aoi.extensions import db
from tests.gate import Gate
from tests.sending import inspected, queued, rows, send, until
from tests.stub import StubService
from tests.workers import WorkerThread, worker_process

DEAD = "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour')"


def sql(app: Flask, *statements: str) -> None:
    with app.app_context():
        for statement in statements:
            db.session.execute(text(statement))
        db.session.commit()


def is_done(client: FlaskClient, unique_id: str) -> bool:
    answer: Any = client.get(f"/uploads/{unique_id}").json
    return bool(answer["status"] == "done")


@pytest.fixture
def quick_recovery(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RECOVERY_SECONDS", 0.1)


def test_a_dead_worker_is_noticed_in_time() -> None:
    # Its last heartbeat, the next look, and the queue's next poll.
    assert module.STALLED_SECONDS + module.RECOVERY_SECONDS + 1 < 15
    assert module.HEARTBEAT_SECONDS < module.STALLED_SECONDS / 2


def test_what_a_dead_worker_left_is_picked_up(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    unique_id = queued(client)
    sql(
        app,
        DEAD,
        "UPDATE procrastinate_jobs SET status = 'doing',"
        " worker_id = (SELECT max(id) FROM procrastinate_workers)",
        "UPDATE uploads SET status = 'processing', attempts = 1",
    )
    with WorkerThread(app, monkeypatch):
        until(lambda: is_done(client, unique_id))
        until(lambda: rows(app)["procrastinate_jobs"] == 0)


def test_a_job_queued_anew_meanwhile_is_enough(
    app: Flask,
    client: FlaskClient,
    stub: StubService,
    quick_recovery: None,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unique_id = queued(client)
    sql(
        app,
        DEAD,
        "UPDATE procrastinate_jobs SET status = 'doing',"
        " worker_id = (SELECT max(id) FROM procrastinate_workers)",
        # As if it had died after noting the failure, and somebody had asked for a retry; the new
        # job has its time still to come.
        "INSERT INTO procrastinate_jobs (queue_name, task_name, queueing_lock, args, scheduled_at)"
        " SELECT queue_name, task_name, queueing_lock, args, now() + interval '1 hour'"
        " FROM procrastinate_jobs",
    )
    with WorkerThread(app, monkeypatch):
        until(lambda: rows(app)["procrastinate_jobs"] == 1)
        sql(app, "UPDATE procrastinate_jobs SET scheduled_at = now()")
        until(lambda: is_done(client, unique_id))
        until(lambda: rows(app)["procrastinate_jobs"] == 0)
    assert "lost the database" not in caplog.text
    assert stub.stats()["requests"] == 1


def test_an_upload_without_a_job_gets_one(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    unique_id = queued(client)
    sql(
        app,
        "DELETE FROM procrastinate_jobs",
        "UPDATE uploads SET updated_at = now() - interval '1 hour'",
    )
    with WorkerThread(app, monkeypatch):
        until(lambda: is_done(client, unique_id))


def test_a_stop_finishes_what_is_in_hand_and_leaves_the_rest(
    app: Flask, client: FlaskClient, stub: StubService, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub.hold()
    try:
        ids = [queued(client) for _ in range(12)]
        with WorkerThread(app, monkeypatch) as worker:
            until(lambda: stub.stats()["in_flight"] > 0)
            worker.ask_to_stop()
            stub.release()
    finally:
        stub.release()
    states = [(client.get(f"/uploads/{i}").json or {})["status"] for i in ids]
    assert set(states) == {"done", "queued"}
    # The stub counts an answer as ended a moment after its last byte was taken.
    until(lambda: stub.stats()["in_flight"] == 0)
    with WorkerThread(app, monkeypatch):
        until(lambda: all(is_done(client, unique_id) for unique_id in ids))
    assert set(stub.stats()["images"].values()) == {1}


class TestConcurrency:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return dataclasses.replace(settings, segformer_concurrency=2)

    def test_no_more_are_in_flight_than_allowed(
        self, client: FlaskClient, worker: WorkerThread, stub: StubService
    ) -> None:
        stub.set_latency(0.05)
        try:
            ids = [queued(client) for _ in range(8)]
            until(lambda: all(is_done(client, unique_id) for unique_id in ids))
        finally:
            stub.set_latency(0)
        assert stub.stats()["max_in_flight"] <= 2


class TestOutage:
    """While SegFormer is away, who waits is told at once, and who does not waits for it."""

    @pytest.fixture(autouse=True)
    def short_waits(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("aoi.outage.FIRST_WAIT_SECONDS", 0.1)
        monkeypatch.setattr("aoi.outage.LONGEST_WAIT_SECONDS", 0.2)
        monkeypatch.setattr(module, "WATCH_SECONDS", 0.1)

    def test_queued_ones_are_done_when_it_is_back(
        self, client: FlaskClient, worker: WorkerThread, stub: StubService
    ) -> None:
        stub.stop()
        try:
            assert send(client).status_code == 503
            unique_id = queued(client)
            health: Any = client.get("/health").json
            assert health["checks"]["segformer"]["status"] == "unreachable"
            assert not is_done(client, unique_id)
        finally:
            stub.start()
        until(lambda: is_done(client, unique_id))
        until(lambda: (client.get("/health").json or {})["status"] == "ok")
        inspected(client)


class TestDatabaseAway:
    @pytest.fixture
    def settings(self, settings: Settings, gate: Gate) -> Settings:
        return dataclasses.replace(settings, database_url=gate.url)

    def test_a_worker_waits_for_it(
        self, app: Flask, client: FlaskClient, gate: Gate, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "RECONNECT_SECONDS", 0.1)
        unique_id = queued(client)
        gate.shut()
        with WorkerThread(app, monkeypatch):
            gate.open()
            until(lambda: is_done(client, unique_id))

    def test_a_worker_says_once_why_it_waits(
        self,
        app: Flask,
        gate: Gate,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        monkeypatch.setattr(module, "RECONNECT_SECONDS", 0.01)
        looks: list[None] = []
        monkeypatch.setattr(module, "TABLES", "SELECT 'not_migrated_yet'::regclass")
        monkeypatch.setattr(module, "said", lambda err: looks.append(None) or said(err))
        with WorkerThread(app, monkeypatch):
            until(lambda: len(looks) > 2)
        [line] = [each for each in caplog.records if each.name == "aoi.worker"]
        assert "run `flask --app wsgi db upgrade`" in line.getMessage()

    def test_a_worker_that_waits_for_it_can_be_stopped(
        self, app: Flask, gate: Gate, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        gate.shut()
        with WorkerThread(app, monkeypatch):
            pass


@pytest.fixture
def processes() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Worker processes, killed at the end if they are still there."""
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for process in started:
        process.kill()
        process.wait()


def test_a_killed_worker_s_image_is_inspected_by_another(
    app: Flask,
    client: FlaskClient,
    settings: Settings,
    stub: StubService,
    processes: list[subprocess.Popen[bytes]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stub.set_latency(60)
    try:
        unique_id = queued(client)
        processes.append(worker_process(settings, SEGFORMER_TIMEOUT="60", TMPDIR="/tmp"))
        until(lambda: stub.stats()["in_flight"] == 1)
        assert (client.get(f"/uploads/{unique_id}").json or {})["status"] == "processing"
        processes[0].kill()
        processes[0].wait()
    finally:
        stub.stop()
        stub.start()
    with WorkerThread(app, monkeypatch):
        until(lambda: is_done(client, unique_id))
    assert (client.get(f"/uploads/{unique_id}").json or {})["attempts"] == 2

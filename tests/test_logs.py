from __future__ import annotations

import dataclasses
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from aoi import create_app
from aoi.config import Settings
from aoi.extensions import db
from tests.gate import Gate
from tests.pictures import encoded, picture
from tests.sending import LATER, inspected, send, until
from tests.stub import StubService
from tests.workers import WorkerThread

Lines = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def lines(settings: Settings) -> Lines:
    """Read the lines logged so far: all, or those with these values."""

    def read(name: str = "app.log", **values: Any) -> list[dict[str, Any]]:
        path = settings.log_dir / name
        text = path.read_text() if path.exists() else ""
        logged = [json.loads(line) for line in text.splitlines()]
        return [line for line in logged if values.items() <= line.items()]

    return read


class TestRequestIds:
    def test_a_given_one_is_kept(self, client: FlaskClient, lines: Lines) -> None:
        for given in ("abc-1", "a.b:c/d+e=f", "x" * 128):
            answer = client.get("/stats", headers={"X-Request-ID": given})
            assert answer.headers["X-Request-ID"] == given
            assert lines(request_id=given, path="/stats")

    def test_else_one_is_made(self, client: FlaskClient, lines: Lines) -> None:
        for given in ("", "a b", "x" * 129, "<script>", "a\tb", '"}'):
            answer = client.get("/nothing", headers={"X-Request-ID": given})
            made = answer.headers["X-Request-ID"]
            assert len(made) == 32 and made != given
            assert lines(request_id=made, path="/nothing", status=404)

    def test_it_goes_with_the_job_to_segformer(
        self, client: FlaskClient, worker: WorkerThread, stub: StubService, lines: Lines
    ) -> None:
        answer = send(client, headers={"X-Request-ID": "line3-7"})
        assert answer.status_code == 200
        assert stub.stats()["request_ids"] == {"line3-7": 1}
        wanted = {"aoi.request", "aoi.segformer", "aoi.inspection"}
        # The worker tells of the end only after whoever waits for it is woken.
        until(lambda: wanted <= {line["logger"] for line in lines(request_id="line3-7")})

    def test_a_retry_names_its_own_request(
        self, client: FlaskClient, worker: WorkerThread, stub: StubService
    ) -> None:
        stub.set_fault("500", count=-1)
        failed = send(client, headers={"X-Request-ID": "first"}).json
        assert failed
        stub.reset()
        client.post(failed["retry_url"], headers={"X-Request-ID": "second"})
        until(lambda: stub.stats()["request_ids"].get("second"))


class TestLines:
    def test_a_request_tells_method_path_status_and_duration(
        self, client: FlaskClient, lines: Lines
    ) -> None:
        client.delete("/images/20260225_103045_7K3QH2ZD?x=y")
        (line,) = lines(logger="aoi.request")
        assert (line["method"], line["status"]) == ("DELETE", 404)
        assert line["path"] == "/images/20260225_103045_7K3QH2ZD"
        assert line["duration_ms"] > 0 and line["level"] == "INFO"
        assert line["time"].endswith("+00:00") and line["process"] > 0

    def test_what_is_asked_all_the_time_is_not_told_of(
        self, client: FlaskClient, lines: Lines
    ) -> None:
        client.get("/health/live")
        client.get("/static/nothing.css")
        assert lines(logger="aoi.request") == []

    def test_a_call_out_tells_address_status_and_duration(
        self, client: FlaskClient, worker: WorkerThread, stub: StubService, lines: Lines
    ) -> None:
        inspected(client)
        (call,) = lines(logger="aoi.segformer", level="INFO")
        assert (call["address"], call["status"]) == (f"{stub.url}/upload", 200)
        assert call["duration_ms"] > 0

    def test_every_line_is_json_whatever_is_in_it(self, client: FlaskClient, lines: Lines) -> None:
        client.get("/a%0Ab%22%7D")
        logging.getLogger("aoi.test").warning('two\nlines, "quotes" and 板')
        assert lines(path='/a\nb"}')
        assert lines(message='two\nlines, "quotes" and 板', level="WARNING")

    def test_errors_are_in_a_file_of_their_own(
        self, client: FlaskClient, lines: Lines, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail() -> None:
            raise RuntimeError("of its own")

        client.get("/nothing")
        monkeypatch.setattr("aoi.statistics.totals", fail)
        client.get("/stats")
        (line,) = lines("error.log")
        assert line["level"] == "ERROR" and "RuntimeError: of its own" in line["exc_info"]

    def test_stderr_gets_the_same_lines(
        self, client: FlaskClient, lines: Lines, settings: Settings, capsys: Any
    ) -> None:
        create_app(settings)
        client.get("/nothing")
        printed = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
        assert printed == lines()[-len(printed) :] and printed


class TestQueries:
    def run(self, app: Flask) -> None:
        with app.app_context():
            db.session.execute(text("SELECT pg_sleep(0.02), :hidden"), {"hidden": "parameter"})
            db.session.remove()

    def test_a_slow_one_is_a_warning(self, settings: Settings, lines: Lines) -> None:
        self.run(create_app(dataclasses.replace(settings, slow_query_ms=10)))
        (line,) = lines(message="slow query")
        assert (line["level"], line["query_type"]) == ("WARNING", "SELECT")
        assert line["duration_ms"] >= 20 and "pg_sleep" in line["statement"]

    def test_a_quick_one_is_told_of_in_debugging_only(
        self, settings: Settings, lines: Lines
    ) -> None:
        self.run(create_app(dataclasses.replace(settings, slow_query_ms=60_000)))
        assert lines(logger="aoi.query") == []
        debugging = dataclasses.replace(settings, slow_query_ms=60_000, log_level="DEBUG")
        self.run(create_app(debugging))
        (line,) = lines(logger="aoi.query")
        assert line["level"] == "DEBUG" and line["duration_ms"] > 0


class TestSecrets:
    @pytest.fixture
    def settings(self, settings: Settings, gate: Gate) -> Settings:
        user, _, rest = gate.url.partition("@")
        return dataclasses.replace(
            settings,
            database_url=f"{user}:database-secret@{rest}",
            api_keys=("key-secret",),
            secret_key="cookie-secret",
            log_level="DEBUG",
        )

    def test_neither_keys_nor_passwords_nor_images_are_logged(
        self,
        settings: Settings,
        app: Flask,
        client: FlaskClient,
        stub: StubService,
        gate: Gate,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        key = {"X-API-Key": "key-secret"}
        data = encoded(picture("L", 64, 48), "BMP")
        with WorkerThread(app, monkeypatch):
            assert send(client, data, headers=key).status_code == 200
            stub.set_fault("bad_json", count=-1)
            assert send(client, headers=key).status_code == 502
        gate.shut()
        assert client.get("/stats", headers=key).status_code == 503
        client.get("/health")
        client.get("/stats", headers={"Authorization": "Bearer wrong-secret"})
        gate.open()
        send(client, data[:-5], headers=key | LATER)
        logged = (settings.log_dir / "app.log").read_bytes()
        assert logged.count(b"\n") > 20
        assert b"secret" not in logged
        assert max(map(len, logged.splitlines())) < 20_000

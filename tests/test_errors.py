from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import OperationalError, TimeoutError

from aoi.config import Settings
from aoi.exceptions import AoiError
from aoi.extensions import db
from tests.gate import Gate
from tests.pictures import png
from tests.sending import LATER, files, inspected, send
from tests.workers import WorkerThread

ID = "20260225_103045_7K3QH2ZD"
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


class TestDatabaseAway:
    """Everywhere 503, in JSON, and well again without a restart."""

    @pytest.fixture
    def settings(self, settings: Settings, gate: Gate) -> Settings:
        return dataclasses.replace(settings, database_url=gate.url)

    ENDPOINTS = (
            ("GET", "/images"), ("GET", f"/images/{ID}"), ("GET", f"/images/{ID}/classes"),
            ("GET", f"/images/{ID}/regions"), ("DELETE", f"/images/{ID}"), ("GET", "/uploads"),
            ("GET", f"/uploads/{ID}"), ("DELETE", f"/uploads/{ID}"),
            ("POST", f"/uploads/{ID}/retry"), ("GET", "/query/defects"), ("GET", "/stats"),
            ("GET", f"/download/image/{ID}/input"), ("GET", f"/download/json/{ID}"),
            ("GET", "/health"),
    )  # fmt: skip

    def test_every_endpoint(
        self, client: FlaskClient, gate: Gate, subtests: pytest.Subtests
    ) -> None:
        for method, path in self.ENDPOINTS:
            with subtests.test(method=method, path=path):
                self.assert_heals(client, gate, method, path)

    def assert_heals(self, client: FlaskClient, gate: Gate, method: str, path: str) -> None:
        before = client.open(path, method=method).status_code
        assert before in (200, 404)
        gate.shut()  # with a connection in the pool that does not know it yet
        answer = client.open(path, method=method)
        assert answer.status_code == 503 and answer.json
        if path != "/health":
            assert (answer.json["code"], answer.json["status"]) == (503, "Service Unavailable")
            assert "database cannot be reached" in answer.json["message"]
            assert answer.headers["Retry-After"]
        gate.open()
        assert client.open(path, method=method).status_code == before

    def test_an_upload_keeps_nothing_and_works_later(
        self, app: Flask, client: FlaskClient, gate: Gate
    ) -> None:
        data = png()
        gate.shut()
        for headers in (LATER, LATER | {"Idempotency-Key": "k"}):
            answer = send(client, data, headers=headers)
            assert answer.status_code == 503 and answer.json
            assert "img_unique_id" not in answer.json
        assert files(app) == []
        gate.open()
        assert send(client, data, headers=LATER).status_code == 202

    def test_a_full_pool_is_told_as_such(
        self, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: Any, **__: Any) -> Any:
            raise TimeoutError("QueuePool limit of size 5 overflow 15 reached")

        monkeypatch.setattr(db.session, "execute", full)
        assert client.get("/stats").status_code == 503

    def test_a_query_that_takes_too_long_is_ended(
        self, app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def slow() -> Any:
            db.session.execute(text("SET LOCAL statement_timeout = 50"))
            db.session.execute(text("SELECT pg_sleep(10)"))

        monkeypatch.setattr("aoi.statistics.totals", slow)
        assert client.get("/stats").status_code == 503

    def test_the_worker_goes_on_when_it_is_back(
        self, client: FlaskClient, gate: Gate, worker: WorkerThread
    ) -> None:
        inspected(client)
        gate.shut()
        assert send(client).status_code == 503
        gate.open()
        inspected(client)


def test_a_body_nested_without_end_is_refused(client: FlaskClient) -> None:
    body = b'{"ids":' + b"[" * 200_000
    answer = client.post("/export/images.csv", data=body, content_type="application/json")
    assert answer.status_code == 400


class TestUnexpected:
    def fail(self, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, err: Exception) -> Any:
        def raise_it(*_: Any) -> Any:
            raise err

        monkeypatch.setattr("aoi.statistics.totals", raise_it)
        return client.get("/stats", headers={"X-Request-ID": "told-1"})

    def test_nothing_of_the_inside_is_shown(
        self, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        answer = self.fail(client, monkeypatch, RuntimeError("SELECT secret FROM /etc/passwd"))
        assert answer.status_code == 500 and answer.json
        assert "told-1" in answer.json["message"]
        assert "secret" not in answer.text and "Traceback" not in answer.text

    def test_a_domain_error_nobody_mapped(
        self, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert self.fail(client, monkeypatch, AoiError("odd")).status_code == 500

    def test_a_wrong_statement_is_no_outage(
        self, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def wrong() -> Any:
            db.session.execute(text("SELECT nothing FROM nowhere"))

        monkeypatch.setattr("aoi.statistics.totals", wrong)
        answer = client.get("/stats")
        assert answer.status_code == 500 and "nowhere" not in answer.text

    def test_a_lost_connection_is_an_outage(
        self, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lost = OperationalError("SELECT 1", {}, Exception("server closed the connection"))
        assert self.fail(client, monkeypatch, lost).status_code == 503


class TestAddresses:
    def test_unknown_ones_are_told_in_json(self, client: FlaskClient) -> None:
        told = "There is nothing at this address. See /docs for what there is."
        for path in ("/nothing", "/images/x/y/z", "/%00", "/upload/"):
            answer = client.get(path)
            assert answer.status_code == 404 and answer.json, path
            assert answer.json["message"] == told

    def test_a_browser_gets_a_page(self, client: FlaskClient) -> None:
        answer = client.get("/nothing", headers=BROWSER)
        assert (answer.status_code, answer.mimetype) == (404, "text/html")

    def test_a_page_that_fails_is_a_page(self, app: Flask, client: FlaskClient) -> None:
        lost = OperationalError("SELECT 1", {}, Exception("away"))
        for err, status in ((lost, 503), (RuntimeError("inside"), 500)):

            def fail(err: Exception = err) -> Any:
                raise err

            app.view_functions["pages.inspect"] = fail
            answer = client.get("/", headers=BROWSER)
            assert (answer.status_code, answer.mimetype) == (status, "text/html")
            assert "inside" not in answer.text

    def test_on_the_api_a_browser_gets_json_too(self, client: FlaskClient) -> None:
        for path in (f"/images/{ID}", "/images/x", "/upload", "/stats/x"):
            answer = client.get(path, headers=BROWSER)
            assert answer.status_code in (404, 405) and answer.json, path

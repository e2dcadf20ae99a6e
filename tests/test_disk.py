"""A disk that is nearly full: told, then no upload is taken, while what was taken goes on."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.pictures import png
from tests.sending import nothing_kept, queued, send, until
from tests.workers import WorkerThread

Fill = Callable[[float], None]


@pytest.fixture
def fill(monkeypatch: pytest.MonkeyPatch) -> Fill:
    """Make the disk of the data folder look so full, in percent."""

    def use(percent: float) -> None:
        usage = {"total_bytes": 100, "free_bytes": 100 - percent, "used_percent": percent}
        monkeypatch.setattr("aoi.disk.disk_usage", lambda _: usage)
        monkeypatch.setattr("aoi.health.disk_usage", lambda _: usage)

    return use


def test_below_the_mark_uploads_are_taken(client: FlaskClient, fill: Fill) -> None:
    fill(94.9)
    assert queued(client)
    storage = client.get("/health").json["checks"]["storage"]  # type: ignore[index]
    assert storage == {"status": "warning", "used_percent": 94.9, "accepts_uploads": True}


def test_from_the_mark_on_no_upload_is_taken(app: Flask, client: FlaskClient, fill: Fill) -> None:
    fill(95)
    answer = send(client)
    assert answer.status_code == 507 and "95 % full" in answer.json["message"]  # type: ignore[index]
    batch = {"images": [(io.BytesIO(png()), "a.png"), (io.BytesIO(png()), "b.png")]}
    assert client.post("/upload/batch", data=batch).status_code == 507
    assert nothing_kept(app)
    storage = client.get("/health").json["checks"]["storage"]  # type: ignore[index]
    assert storage["accepts_uploads"] is False


def test_what_was_taken_before_is_inspected(
    client: FlaskClient, fill: Fill, worker: WorkerThread
) -> None:
    fill(50)
    unique_id = queued(client)
    fill(99)
    until(lambda: client.get(f"/uploads/{unique_id}").json["status"] == "done")  # type: ignore[index]

"""Whatever a client sends: the contract's status, JSON, nothing of the inside, nothing kept."""

from __future__ import annotations

import dataclasses
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from aoi.config import Settings
from aoi.extensions import db
from tests.hostile.addresses import harmless, headers, ids, queries
from tests.hostile.attack import INSIDE, Attack
from tests.hostile.forms import bodies, names, safe_names
from tests.hostile.images import images
from tests.sending import files, nothing_kept

TABLES = {
    "names": names,
    "safe names": safe_names,
    "bodies": bodies,
    "images": images,
    "ids": ids,
    "queries": queries,
    "headers": headers,
    "harmless": harmless,
}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return dataclasses.replace(settings, upload_wait=0, rate_limit="off")


@pytest.mark.parametrize("table", TABLES)
def test_hostile_requests(
    table: str, app: Flask, client: FlaskClient, subtests: pytest.Subtests
) -> None:
    for attack in TABLES[table]():
        with subtests.test(attack=attack.name), attack.send(client) as answer:
            if answer.status_code == 202:
                take_back(app, client, answer)
            assert answer.status_code == attack.status, answer.text[:500]
            if answer.status_code >= 400:
                assert_says_what_to_do(attack, answer)
            assert nothing_kept(app)


def assert_says_what_to_do(attack: Attack, answer: TestResponse) -> None:
    assert answer.mimetype == "application/json" and answer.json
    assert answer.json["code"] == attack.status
    assert answer.json["message"]
    assert [word for word in INSIDE if word in answer.text] == []


def take_back(app: Flask, client: FlaskClient, answer: TestResponse) -> None:
    """Delete what was taken, having seen that it was put where it belongs."""
    assert answer.json
    unique_id = answer.json["img_unique_id"]
    (record,) = client.get("/uploads").json["uploads"]  # type: ignore[index]
    kept = [path for path in files(app) if path.startswith("uploads/")]
    assert client.delete(f"/uploads/{unique_id}").status_code == 204
    with app.app_context():
        # A worker drops the job of an upload that is gone; here is none.
        db.session.execute(text("DELETE FROM procrastinate_jobs"))
        db.session.commit()
    assert record["original_filename"].isprintable()
    assert re.fullmatch(rf"uploads/{unique_id[:8]}/{unique_id}_[\w.-]+", kept[0]) and len(kept) == 1


def test_a_line_end_in_a_request_id_goes_nowhere(client: FlaskClient) -> None:
    environ = {"HTTP_X_REQUEST_ID": "a\r\nSet-Cookie: b=c"}
    answer = client.get("/health/live", environ_overrides=environ)
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers and "\n" not in answer.headers["X-Request-ID"]


def test_there_are_enough_of_them() -> None:
    assert sum(len(table()) for table in TABLES.values()) >= 150

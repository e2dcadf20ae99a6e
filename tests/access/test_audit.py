"""What was changed, by whom; nobody changes that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from aoi.access import audit
from aoi.access.scopes import Scope
from aoi.extensions import db
from aoi.models import Status, Upload
from tests.records import add_image
from tests.sending import queued

Make = Callable[[Scope], dict[str, str]]


def entries(client: FlaskClient, headers: dict[str, str], query: str = "") -> list[Any]:
    answer = client.get(f"/audit{query}", headers=headers)
    assert answer.status_code == 200 and answer.json
    found: list[Any] = answer.json["entries"]
    return found


def test_a_delete_is_told_with_who_and_where_from(
    app: Flask, client: FlaskClient, key: Make
) -> None:
    unique_id, headers = add_image(app), key(Scope.ADMIN)
    sent = headers | {"X-Request-ID": "call-17"}
    assert client.delete(f"/images/{unique_id}", headers=sent).status_code == 204
    newest = entries(client, headers)[0]
    assert newest["timestamp"].endswith("Z")
    assert {name: newest[name] for name in ("kind", "who", "action", "subject")} == {
        "kind": "key", "who": "key of admin", "action": "upload.delete", "subject": unique_id,
    }  # fmt: skip
    assert (newest["address"], newest["request_id"]) == ("127.0.0.1", "call-17")


def test_a_retry_is_told(app: Flask, client: FlaskClient) -> None:
    unique_id = queued(client)
    with app.app_context():
        db.session.query(Upload).update({"status": Status.FAILED})
        db.session.commit()
        db.session.remove()
    assert client.post(f"/uploads/{unique_id}/retry").status_code == 202
    found = entries(client, {}, "?action=upload.retry")
    assert [(entry["who"], entry["kind"]) for entry in found] == [("anyone", "open")]


def test_what_did_not_happen_is_not_told(client: FlaskClient) -> None:
    unique_id = queued(client)
    assert client.post(f"/uploads/{unique_id}/retry").status_code == 409
    assert entries(client, {}) == []


def test_a_command_is_told_with_the_systems_user(client: FlaskClient, key: Make) -> None:
    headers = key(Scope.ADMIN)
    (entry,) = entries(client, headers)
    assert (entry["kind"], entry["action"]) == ("command", "key.create")
    assert entry["subject"] == "key of admin (admin)"
    assert entry["address"] is None


def test_it_is_asked_by_page_cursor_and_filter(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        for number in range(5):
            audit.record("upload.delete", f"image {number}")
        db.session.commit()
        db.session.remove()
    answer = client.get("/audit?limit=2").json or {}
    assert answer["total"] == 5
    seen = [entry["subject"] for entry in answer["entries"]]
    while cursor := answer["next_cursor"]:
        answer = client.get(f"/audit?limit=2&cursor={cursor}").json or {}
        seen += [entry["subject"] for entry in answer["entries"]]
    assert seen == [f"image {number}" for number in (4, 3, 2, 1, 0)]
    assert len(entries(client, {}, "?subject=image 3")) == 1
    assert entries(client, {}, "?who=somebody") == []
    assert entries(client, {}, "?end_date=2026-01-01") == []
    assert client.get("/audit?action=nothing").status_code == 422


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET who = 'somebody else'",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log",
    ],
)
def test_the_database_refuses_to_change_it(inside: Flask, statement: str) -> None:
    with pytest.raises(DatabaseError, match="can only be added to"):
        db.session.execute(text(statement))

"""Who gets in, and how far."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from aoi.access.keys import revoke_key
from aoi.access.models import ApiKey
from aoi.access.scopes import Scope
from aoi.config import Settings
from aoi.extensions import db
from tests.gate import Gate

ID = "20260225_103045_7K3QH2ZD"
HTML = {"Accept": "text/html"}
Make = Callable[[Scope], dict[str, str]]
# What each call answers to a key of `read`, `upload` and `admin`.
RIGHTS = (
    ("GET", "/images", 200, 200, 200),
    ("GET", f"/images/{ID}", 404, 404, 404),
    ("GET", "/", 200, 200, 200),
    ("POST", "/upload", 403, 400, 400),
    ("POST", "/upload/batch", 403, 400, 400),
    ("POST", f"/uploads/{ID}/retry", 403, 404, 404),
    ("POST", f"/batches/{ID}/retry", 403, 404, 404),
    ("DELETE", f"/images/{ID}", 403, 403, 404),
    ("DELETE", f"/uploads/{ID}", 403, 403, 404),
    ("DELETE", f"/batches/{ID}", 403, 403, 404),
    ("GET", "/audit", 403, 403, 200),
    ("POST", "/export/images.csv", 415, 415, 415),
)  # fmt: skip


def test_nobody_is_asked_while_there_are_neither_keys_nor_people(client: FlaskClient) -> None:
    assert client.get("/images").status_code == 200
    assert client.delete(f"/images/{ID}").status_code == 404


def test_a_scope_opens_what_it_is_for(client: FlaskClient, key: Make) -> None:
    keys = [key(scope) for scope in Scope]
    for method, path, *expected in RIGHTS:
        codes = [client.open(path, method=method, headers=own).status_code for own in keys]
        assert codes == expected, (method, path)


def test_a_refusal_says_what_is_needed(client: FlaskClient, key: Make) -> None:
    answer = client.delete(f"/images/{ID}", headers=key(Scope.READ))
    assert answer.json and "needs `admin`" in answer.json["message"]


def test_the_first_key_closes_the_door_for_all_others(client: FlaskClient, key: Make) -> None:
    key(Scope.READ)
    answer = client.get("/images")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_revoked_key_is_refused_and_the_door_stays_closed(
    app: Flask, client: FlaskClient, key: Make
) -> None:
    headers = key(Scope.READ)
    with app.app_context():
        revoke_key("key of read")
        db.session.remove()
    assert client.get("/images", headers=headers).status_code == 401
    assert client.get("/images").status_code == 401


def test_a_key_that_was_used_is_known_for_seconds_only(
    app: Flask, client: FlaskClient, key: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers, now = key(Scope.READ), 1000.0
    monkeypatch.setattr("aoi.access.cache.monotonic", lambda: now)
    assert client.get("/images", headers=headers).status_code == 200
    with app.app_context():
        revoke_key("key of read")
        db.session.remove()
    now += 3
    assert client.get("/images", headers=headers).status_code == 401


def test_the_use_of_a_key_is_noted(app: Flask, client: FlaskClient, key: Make) -> None:
    client.get("/images", headers=key(Scope.READ))
    with app.app_context():
        assert db.session.query(ApiKey).one().last_used_at is not None
        db.session.remove()


def test_a_key_is_not_kept(app: Flask, key: Make) -> None:
    token = key(Scope.READ)["Authorization"].removeprefix("Bearer ")
    with app.app_context():
        row = db.session.query(ApiKey).one()
        kept = [str(getattr(row, column.name)) for column in ApiKey.__table__.columns]
        db.session.remove()
    assert not any(token in text for text in kept)


def test_a_browser_is_sent_to_log_in_and_back(client: FlaskClient, key: Make) -> None:
    key(Scope.READ)
    answer = client.get("/gallery?class_name=PR_Peeling", headers=HTML)
    assert answer.status_code == 302
    assert answer.location == "/login?next=/gallery?class_name%3DPR_Peeling"


def test_an_address_of_the_api_is_no_page(client: FlaskClient, key: Make) -> None:
    key(Scope.READ)
    assert client.get("/images", headers=HTML).status_code == 401


class TestOpen:
    """Where nobody is asked, only this machine gets in."""

    @pytest.mark.parametrize("peer", ["10.0.3.17", "2001:db8::17", "::ffff:10.0.3.17", "nonsense"])
    def test_other_machines_are_refused(self, client: FlaskClient, peer: str) -> None:
        answer = client.get("/images", environ_base={"REMOTE_ADDR": peer})
        assert answer.status_code == 403
        assert answer.json and "keys create" in answer.json["message"]

    @pytest.mark.parametrize("peer", ["127.0.0.9", "::1", "::ffff:127.0.0.1", ""])
    def test_this_machine_is_not(self, client: FlaskClient, peer: str) -> None:
        assert client.get("/images", environ_base={"REMOTE_ADDR": peer}).status_code == 200

    def test_a_page_of_another_site_changes_nothing(self, client: FlaskClient) -> None:
        headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
        assert client.post("/upload", headers=headers).status_code == 403
        assert client.post("/upload", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 400


class TestBehindProxy:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return dataclasses.replace(settings, trusted_proxies=1)

    def test_a_proxy_on_this_machine_may_serve_others(self, client: FlaskClient) -> None:
        headers = {"X-Forwarded-For": "10.0.3.17"}
        assert client.get("/images", headers=headers).status_code == 200


class TestDatabaseAway:
    @pytest.fixture
    def settings(self, settings: Settings, gate: Gate) -> Settings:
        return dataclasses.replace(settings, database_url=gate.url)

    def test_no_key_opens_anything(self, gate: Gate, client: FlaskClient, key: Make) -> None:
        headers = key(Scope.READ)
        gate.shut()
        assert client.get("/stats", headers=headers).status_code == 503
        assert client.get("/docs", headers=HTML).status_code == 200


def test_a_scope_that_nobody_knows_opens_nothing(
    app: Flask, client: FlaskClient, key: Make
) -> None:
    headers = key(Scope.READ)
    with app.app_context():
        db.session.execute(update(ApiKey).values(scope="root"))
        db.session.commit()
        db.session.remove()
    assert client.get("/images", headers=headers).status_code == 500

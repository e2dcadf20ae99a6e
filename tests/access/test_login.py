"""Logging in on the pages, and what a page may do then."""

from __future__ import annotations

import io

import pytest
from flask import Flask
from flask.testing import FlaskClient

from aoi.access import attempts, people
from aoi.access.scopes import Scope
from aoi.blueprints.session import safe_path
from aoi.extensions import db
from tests.access.conftest import FIELD, PASSWORD, add_person, log_in, page_token
from tests.pictures import png
from tests.sending import LATER

HTML = {"Accept": "text/html"}
ID = "20260225_103045_7K3QH2ZD"
pytestmark = pytest.mark.usefixtures("anna")


def cookie_of(client: FlaskClient) -> str:
    header = log_in(client).headers.getlist("Set-Cookie")
    assert len(header) == 1
    return header[0]


def test_the_right_password_leads_on(client: FlaskClient) -> None:
    answer = log_in(client, " ANNA ", wanted="/gallery?page=2")
    assert (answer.status_code, answer.location) == (303, "/gallery?page=2")
    assert client.get("/images").status_code == 200
    assert "Anna" in client.get("/", headers=HTML).text


def test_a_page_can_send_and_delete(client: FlaskClient) -> None:
    log_in(client)
    token = page_token(client)
    files = {"image": (io.BytesIO(png()), "panel.png")}
    sent = client.post("/upload", data=files, headers=token | LATER)
    assert sent.status_code == 202 and sent.json
    deleted = client.delete(f"/uploads/{sent.json['img_unique_id']}", headers=token)
    assert deleted.status_code == 204


def test_the_pictures_of_a_page_come_by_the_cookie(client: FlaskClient) -> None:
    log_in(client)
    files = {"image": (io.BytesIO(png()), "panel.png")}
    sent = client.post("/upload", data=files, headers=page_token(client) | LATER)
    address = f"/download/image/{(sent.json or {})['img_unique_id']}/input?inline=1"
    with client.get(address) as picture:
        assert picture.status_code == 200
        assert "private" in picture.headers["Cache-Control"]
    client.delete_cookie("aoi_session")
    assert client.get(address).status_code == 401


@pytest.mark.parametrize("headers", [{}, {"X-CSRF-Token": "x"}, {"X-CSRF-Token": ""}])
def test_a_call_without_the_pages_token_changes_nothing(
    client: FlaskClient, headers: dict[str, str]
) -> None:
    log_in(client)
    answer = client.delete(f"/images/{ID}", headers=headers)
    assert answer.status_code == 403
    assert answer.json and "Load the page again" in answer.json["message"]


def test_the_token_of_another_log_in_is_none(app: Flask, client: FlaskClient) -> None:
    log_in(client)
    other = app.test_client()
    log_in(other)
    assert client.delete(f"/images/{ID}", headers=page_token(other)).status_code == 403


def test_a_role_is_a_scope(app: Flask, client: FlaskClient) -> None:
    add_person(app, "rolf", Scope.READ)
    log_in(client, "rolf")
    answer = client.delete(f"/images/{ID}", headers=page_token(client))
    assert answer.status_code == 403
    assert answer.json and "rolf has the scope `read`" in answer.json["message"]


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(client: FlaskClient) -> None:
    cookie = cookie_of(client)
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_behind_tls_the_cookie_is_secure(client: FlaskClient) -> None:
    secure = {"base_url": "https://aoi.plant.example"}
    found = FIELD.search(client.get("/login", **secure).text)
    assert found
    form = {"name": "anna", "password": PASSWORD, "csrf_token": found[1]}
    answer = client.post("/login", data=form, **secure)
    assert answer.status_code == 303
    assert "Secure" in answer.headers["Set-Cookie"]
    assert answer.headers["Strict-Transport-Security"]


def prolong_waits(app: Flask) -> None:
    """Let each wait that was imposed last longer: a busy machine may take over a second."""
    with app.app_context():
        db.session.execute(
            db.text(
                "UPDATE login_failures SET blocked_until = blocked_until + interval '50 seconds'"
                " WHERE blocked_until > last_failed_at"
            )
        )
        db.session.commit()
        db.session.remove()


class TestEnd:
    """A log-in that has ended opens nothing, not even to a copy of its cookie."""

    @pytest.fixture
    def copied(
        self, app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
    ) -> FlaskClient:
        """Another browser with the same cookie; nothing is remembered between requests."""
        monkeypatch.setattr(app.extensions["aoi_guard"]._sessions, "_seconds", 0)
        value = cookie_of(client).split(";")[0].partition("=")[2]
        other = app.test_client()
        other.set_cookie("aoi_session", value)
        assert other.get("/images").status_code == 200
        return other

    def test_by_logging_out(self, client: FlaskClient, copied: FlaskClient) -> None:
        found = FIELD.search(client.get("/", headers=HTML).text)
        assert found
        answer = client.post("/logout", data={"csrf_token": found[1]})
        assert (answer.status_code, answer.location) == (303, "/login")
        assert client.get("/images").status_code == 401
        assert copied.get("/images").status_code == 401

    def test_by_another_password(self, app: Flask, copied: FlaskClient) -> None:
        with app.app_context():
            people.set_password("anna", "another password")
            db.session.remove()
        assert copied.get("/images").status_code == 401

    def test_by_disabling_the_person(self, app: Flask, copied: FlaskClient) -> None:
        with app.app_context():
            people.disable_person("Anna")
            people.enable_person("Anna")
            db.session.remove()
        assert copied.get("/images").status_code == 401

    def test_by_idling(self, app: Flask, copied: FlaskClient) -> None:
        with app.app_context():
            db.session.execute(
                db.text("UPDATE login_sessions SET last_seen_at = now() - interval '13 hours'")
            )
            db.session.commit()
            db.session.remove()
        assert copied.get("/images").status_code == 401


class TestRefused:
    def test_a_wrong_password_a_wrong_name_and_a_disabled_person_look_the_same(
        self, app: Flask, client: FlaskClient
    ) -> None:
        add_person(app, "gone", Scope.READ)
        with app.app_context():
            people.disable_person("gone")
            db.session.remove()
        for name, password in (("anna", "wrong"), ("nobody", PASSWORD), ("gone", PASSWORD)):
            answer = log_in(client, name, password)
            assert answer.status_code == 401
            assert "The name or the password is not right." in answer.text
        assert client.get("/images").status_code == 401

    def test_a_form_without_its_token_is_shown_again(self, client: FlaskClient) -> None:
        answer = client.post("/login", data={"name": "anna", "password": PASSWORD})
        assert answer.status_code == 400
        assert client.get("/images").status_code == 401

    def test_a_form_of_a_megabyte_is_not_read(self, client: FlaskClient) -> None:
        answer = client.post("/login", data={"name": "x" * 2**20})
        assert answer.status_code == 413

    def test_failures_slow_down_the_next_of_the_same_name(
        self, app: Flask, client: FlaskClient
    ) -> None:
        for _ in range(attempts.FREE_OF_NAME):
            assert log_in(client, "anna", "wrong").status_code == 401
        prolong_waits(app)
        answer = log_in(client, "anna", PASSWORD)
        assert answer.status_code == 429
        assert 1 <= int(answer.headers["Retry-After"]) <= attempts.MOST_SECONDS

    def test_failures_slow_down_the_next_from_the_same_address(
        self, app: Flask, client: FlaskClient
    ) -> None:
        for number in range(attempts.FREE_OF_ADDRESS):
            assert log_in(client, f"name {number}", "wrong").status_code == 401
        prolong_waits(app)
        assert log_in(client, "anna", PASSWORD).status_code == 429

    def test_success_forgives(self, client: FlaskClient) -> None:
        for _ in range(3):
            for _ in range(attempts.FREE_OF_NAME - 1):
                assert log_in(client, "anna", "wrong").status_code == 401
            assert log_in(client, "anna").status_code == 303
            client.delete_cookie("aoi_session")


@pytest.mark.parametrize(
    "wanted",
    ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)",
     "/\t/evil.example", "evil", "", None, "/\r\nSet-Cookie: a=b"],
)  # fmt: skip
def test_nobody_is_led_to_another_site(wanted: str | None) -> None:
    assert safe_path(wanted) == "/"


def test_an_address_of_ours_is_kept() -> None:
    assert safe_path("/gallery?class_name=PR_Peeling&page=2") == (
        "/gallery?class_name=PR_Peeling&page=2"
    )

"""The administrator's commands."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from aoi.access.people import find_by_password
from aoi.access.scopes import Scope
from aoi.extensions import db
from tests.access.conftest import PASSWORD


@pytest.fixture
def run(app: Flask) -> Any:
    def run(*arguments: str, stdin: str | None = None) -> Any:
        return app.test_cli_runner().invoke(args=arguments, input=stdin)

    return run


def test_a_key_is_shown_once_and_opens(app: Flask, run: Any) -> None:
    made = run("keys", "create", "--name", "line3", "--scope", "upload")
    token = made.stdout.strip()
    assert token.startswith("aoi_") and "not shown again" in made.stderr
    answer = app.test_client().get("/images", headers={"X-API-Key": token})
    assert answer.status_code == 200
    listed = run("keys", "list").stdout
    assert token not in listed
    assert "line3  upload" in listed


def test_a_revoked_key_is_listed_and_leaves_its_name(run: Any) -> None:
    run("keys", "create", "--name", "line3")
    assert run("keys", "revoke", "--name", "line3").exit_code == 0
    assert run("keys", "create", "--name", "line3", "--scope", "read").exit_code == 0
    assert len(run("keys", "list").stdout.splitlines()) == 3


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("keys", "revoke", "--name", "none"), "There is no valid key none."),
        (("keys", "create", "--name", " "), "A name has"),
        (("keys", "create", "--name", "a", "--scope", "root"), "is not one of"),
        (("people", "disable", "--name", "none"), "There is nobody named none."),
        (("people", "create", "--name", "a"), "A password has 10 to 256 characters."),
    ],
)
def test_what_cannot_be_is_said_in_words(run: Any, command: tuple[str, ...], said: str) -> None:
    ended = run(*command, stdin="short\n")
    assert ended.exit_code != 0
    assert said in ended.stderr and "Traceback" not in ended.stderr


def test_a_name_is_taken_once(run: Any) -> None:
    run("people", "create", "--name", "Anna", stdin=f"{PASSWORD}\n")
    again = run("people", "create", "--name", "ANNA", stdin=f"{PASSWORD}\n")
    assert "There is somebody named ANNA already." in again.stderr


def test_a_person_is_added_changed_and_listed(app: Flask, run: Any) -> None:
    assert run("people", "create", "--name", "Anna", stdin=f"{PASSWORD}\n").exit_code == 0
    assert run("people", "set-role", "--name", "anna", "--role", "admin").exit_code == 0
    assert (
        run("people", "set-password", "--name", "anna", stdin="another password\n").exit_code == 0
    )
    with app.app_context():
        person = find_by_password("anna", "another password")
        assert person and Scope(person.role) is Scope.ADMIN
        assert find_by_password("anna", PASSWORD) is None
        db.session.remove()
    run("people", "disable", "--name", "Anna")
    assert "Anna  admin" in run("people", "list").stdout
    with app.app_context():
        assert find_by_password("anna", "another password") is None
        db.session.remove()

"""Keys, people and a page's way of calling."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from aoi.access import passwords, people
from aoi.access.scopes import Scope
from aoi.extensions import db

PASSWORD = "correct horse battery"
TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')
FIELD = re.compile(r'name="csrf_token" value="([^"]+)"')


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash with a thousandth of the work."""
    hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", hasher)
    monkeypatch.setattr(people, "NOBODY", hasher.hash("nobody's"))


@pytest.fixture
def inside(app: Flask) -> Iterator[Flask]:
    """The application's context, as a command has it."""
    with app.app_context():
        yield app
        db.session.remove()


@pytest.fixture
def anna(app: Flask) -> None:
    add_person(app, "Anna", Scope.ADMIN)


def add_person(app: Flask, name: str, role: Scope) -> None:
    with app.app_context():
        people.create_person(name, role, PASSWORD)
        db.session.remove()


def log_in(
    client: FlaskClient, name: str = "anna", password: str = PASSWORD, wanted: str = ""
) -> TestResponse:
    """Fill in the form and send it."""
    found = FIELD.search(client.get("/login").text)
    assert found
    form = {"name": name, "password": password, "next": wanted, "csrf_token": found[1]}
    return client.post("/login", data=form)


def page_token(client: FlaskClient) -> dict[str, str]:
    """Return the header that the scripts of a page send."""
    found = TOKEN.search(client.get("/", headers={"Accept": "text/html"}).text)
    assert found
    return {"X-CSRF-Token": found[1]}

from __future__ import annotations

import dataclasses

import pytest
from flask.testing import FlaskClient

from aoi.config import Settings

ID = "20260225_103045_7K3QH2ZD"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return dataclasses.replace(
        settings, api_keys=("first-key", "zweiter-schlüssel"), cors_origins=("https://mes.example",)
    )


CLOSED = (
    ("GET", "/images"), ("POST", "/upload"), ("GET", "/stats"), ("DELETE", f"/images/{ID}"),
    ("GET", f"/download/image/{ID}/input"), ("GET", "/nothing"), ("GET", "/uploads"),
    ("GET", "/health/../images"), ("GET", "/docs/x"),
)  # fmt: skip
GOOD = (
    {"Authorization": "Bearer first-key"},
    {"Authorization": "bearer first-key"},
    {"X-API-Key": "first-key"},
    {"X-API-Key": "zweiter-schlüssel"},
)
BAD = (
    {"Authorization": "Bearer first-ke"},
    {"Authorization": "Bearer "},
    {"Authorization": "Basic Zmlyc3Qta2V5Og=="},
    {"Authorization": "first-key"},
    {"X-API-Key": ""},
    {"X-API-Key": "first-key,zweiter-schlüssel"},
)


def sent(headers: dict[str, str]) -> dict[str, str]:
    """Return headers as WSGI has what a client sends in UTF-8."""
    return {name: value.encode().decode("latin-1") for name, value in headers.items()}


def test_without_a_key_nothing_is_answered(client: FlaskClient) -> None:
    for method, path in CLOSED:
        answer = client.open(path, method=method)
        assert answer.status_code == 401 and answer.json, path
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert "Authorization: Bearer" in answer.json["message"]


def test_each_key_opens_in_either_way(client: FlaskClient) -> None:
    for headers in GOOD:
        assert client.get("/stats", headers=sent(headers)).status_code == 200, headers


def test_anything_else_does_not(client: FlaskClient) -> None:
    for headers in BAD:
        assert client.get("/stats", headers=sent(headers)).status_code == 401, headers


def test_some_are_open(client: FlaskClient) -> None:
    for path in ("/health", "/health/live", "/docs", "/openapi.json", "/static/css/frame.css"):
        with client.get(path) as answer:
            assert answer.status_code == 200, path


def test_open_addresses_lead_to_no_others(client: FlaskClient) -> None:
    assert client.get("/static/../images").status_code == 404


class TestCors:
    """Scripts of the origins that are named may call; others may not."""

    def test_a_preflight_needs_no_key(self, client: FlaskClient) -> None:
        headers = {
            "Origin": "https://mes.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "X-API-Key",
        }
        answer = client.options("/upload", headers=headers)
        assert answer.status_code == 200
        assert answer.headers["Access-Control-Allow-Origin"] == "https://mes.example"
        assert "POST" in answer.headers["Access-Control-Allow-Methods"]
        assert "x-api-key" in answer.headers["Access-Control-Allow-Headers"].lower()

    def test_an_answer_names_the_origin(self, client: FlaskClient) -> None:
        answer = client.get("/health", headers={"Origin": "https://mes.example"})
        assert answer.headers["Access-Control-Allow-Origin"] == "https://mes.example"

    def test_what_an_answer_tells_beside_its_body_can_be_read(self, client: FlaskClient) -> None:
        answer = client.get("/health", headers={"Origin": "https://mes.example"})
        readable = answer.headers["Access-Control-Expose-Headers"].split(", ")
        assert {"Content-Disposition", "ETag", "Location", "Retry-After"} <= set(readable)

    def test_another_origin_is_not_named(self, client: FlaskClient) -> None:
        answer = client.get("/health", headers={"Origin": "https://evil.example"})
        assert "Access-Control-Allow-Origin" not in answer.headers

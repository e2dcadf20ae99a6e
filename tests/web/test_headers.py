"""What every answer tells browsers."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

PATHS = ("/images", "/nothing", "/images?limit=x", "/", "/login", "/docs", "/static/css/frame.css")


@pytest.mark.parametrize("path", PATHS)
def test_no_answer_is_sniffed_framed_or_leaks_where_from(client: FlaskClient, path: str) -> None:
    with client.get(path, headers={"Accept": "text/html"}) as answer:
        headers = answer.headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "same-origin"
    assert "microphone=()" in headers["Permissions-Policy"]
    assert "Strict-Transport-Security" not in headers


def test_an_answer_of_the_api_runs_nothing(client: FlaskClient) -> None:
    assert "default-src 'none'" in client.get("/images").headers["Content-Security-Policy"]


def test_an_open_agent_sets_no_cookie(client: FlaskClient) -> None:
    assert "Set-Cookie" not in client.get("/").headers

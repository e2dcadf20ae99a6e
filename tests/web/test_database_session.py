"""What the end of a request does to the database's session."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import text

from aoi.extensions import db
from tests.conftest import run_sql

END = "SELECT pg_terminate_backend({pid})"


def test_a_connection_that_broke_unnoticed_spoils_no_answer(app: Flask, database_url: str) -> None:
    @app.get("/breaks")
    def breaks() -> str:
        pid = db.session.scalar(text("SELECT pg_backend_pid()"))
        run_sql(database_url, END.format(pid=pid))
        return "well"

    client = app.test_client()
    answer = client.get("/breaks")
    assert (answer.status_code, answer.text) == (200, "well")
    with app.app_context():
        assert db.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    assert client.get("/stats").status_code == 200

"""How PostgreSQL answers the questions of a kind: its plans, as measured."""

from __future__ import annotations

from typing import Any

from flask import Flask
from sqlalchemy import event

from aoi import create_app
from aoi.config import Settings
from aoi.extensions import db
from benchmarks.plant import Plant


def plans_of(plant: Plant, slowest: list[str]) -> str:
    """Return the plans of the statements behind some kinds of questions."""
    settings = Settings(
        database_url=plant.environment["DATABASE_URL"], data_dir=plant.folder,
        log_dir=plant.folder / "logs", log_level="WARNING", secret_key="benchmark",
    )  # fmt: skip
    app = create_app(settings)
    written = []
    for kind in slowest:
        path, query = plant.questions()[kind]()
        written.append(f"=== {kind}: GET {path} {query} ({plant.images:,} images)")
        written += [plan(app, *each) for each in statements(app, path, query)]
    return "\n\n".join(written)


def statements(app: Flask, path: str, query: dict[str, Any]) -> list[tuple[str, Any]]:
    seen: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        if statement.lstrip().startswith(("SELECT", "WITH")):
            seen.append((statement, parameters))

    client = app.test_client()
    client.get(path, query_string=query)
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", note)
        client.get(path, query_string=query)
        event.remove(db.engine, "before_cursor_execute", note)
    return seen


def plan(app: Flask, statement: str, parameters: Any) -> str:
    with app.app_context(), db.engine.connect() as connection:
        explained = f"EXPLAIN (ANALYZE, BUFFERS) {statement}"
        rows = connection.exec_driver_sql(explained, parameters).scalars().all()
    return "\n".join([" ".join(statement.split()), *rows])

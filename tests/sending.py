"""Send images to the application, and look at what it kept."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from aoi.extensions import db
from tests.pictures import png

TABLES = ("uploads", "images", "classes", "regions", "idempotency_keys", "procrastinate_jobs")
LATER = {"Prefer": "respond-async"}


def send(
    client: FlaskClient,
    data: bytes | None = None,
    name: str = "panel.png",
    headers: dict[str, str] | None = None,
) -> TestResponse:
    """POST one image, a new one unless `data` is given."""
    file = (io.BytesIO(png() if data is None else data), name)
    return client.post("/upload", data={"image": file}, headers=headers)


def inspected(client: FlaskClient, data: bytes | None = None, name: str = "panel.png") -> Any:
    """Send an image and return the answer's JSON; a worker must be at work."""
    answer = send(client, data, name)
    assert answer.status_code == 200, answer.json
    return answer.json


def queued(client: FlaskClient, data: bytes | None = None, name: str = "panel.png") -> str:
    """Send an image without waiting; return its id."""
    answer = send(client, data, name, LATER)
    assert answer.status_code == 202 and answer.json
    return str(answer.json["img_unique_id"])


def fetched(client: FlaskClient, address: str) -> bytes:
    """Return the bytes of a file, and close it."""
    with client.get(address) as answer:
        assert answer.status_code == 200
        return answer.data


def rows(app: Flask) -> dict[str, int]:
    """Return how many rows each table has."""
    with app.app_context():
        counts = {
            table: int(db.session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())
            for table in TABLES
        }
        db.session.remove()
    return counts


def files(app: Flask) -> list[str]:
    """Return the files kept in the data folder, relative to it."""
    root: Path = app.config["AOI"].data_dir
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def nothing_kept(app: Flask) -> bool:
    return files(app) == [] and not any(rows(app).values())


def until(condition: Callable[[], Any], seconds: float = 120) -> Any:
    """Return what `condition` gives once that is true; fail after so many seconds."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, "it has not come true"
        time.sleep(0.02)
    return result

"""Uploads that are stored and inspected for real, to be damaged by the tests."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from aoi import inspection
from aoi.extensions import db
from aoi.intake import Intake, Received
from aoi.models import Upload
from aoi.storage import Storage
from aoi.verification import Report, verify
from tests.pictures import png


class Plant:
    """The application's parts, and what tests ask of rows and files."""

    def __init__(self, app: Flask) -> None:
        self.storage: Storage = app.extensions["aoi_storage"]
        self.intake: Intake = app.extensions["aoi_intake"]

    def receive(self, name: str = "panel.png") -> Received:
        file = self.storage.receive()
        file.write(png())
        file.finish()
        return Received(file, name)

    def queued(self) -> str:
        """Take an image in; return its id."""
        unique_id = self.intake.accept(self.receive())[0].img_unique_id
        db.session.close()
        return unique_id

    def done(self) -> str:
        """Take an image in and inspect it; return its id."""
        unique_id = self.queued()
        self.work(unique_id)
        return unique_id

    def work(self, unique_id: str) -> None:
        """Do the job of an upload, as a worker would."""
        inspection.run(unique_id)
        self.drop_job(unique_id)

    def drop_job(self, unique_id: str) -> None:
        self.sql("DELETE FROM procrastinate_jobs WHERE queueing_lock = :id", id=unique_id)

    def upload(self, unique_id: str) -> Upload:
        db.session.close()
        upload = db.session.get(Upload, unique_id)
        assert upload is not None
        db.session.close()
        return upload

    def sql(self, statement: str, **values: object) -> None:
        db.session.execute(text(statement), values)
        db.session.commit()
        db.session.close()

    def scalar(self, statement: str, **values: object) -> object:
        found = db.session.scalar(text(statement), values)
        db.session.close()
        return found

    def jobs(self, unique_id: str) -> object:
        return self.scalar(
            "SELECT count(*) FROM procrastinate_jobs WHERE queueing_lock = :id", id=unique_id
        )

    def input(self, unique_id: str) -> Path:
        return self.storage.absolute(self.upload(unique_id).input_image_path or "")

    def result(self, unique_id: str, kind: str = "mask") -> Path:
        return self.storage.absolute(self.storage.result_path(unique_id, kind))

    def put(self, relative: str, data: bytes = b"data") -> Path:
        path = self.storage.absolute(relative)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def orphans(self) -> list[str]:
        """Return what was moved away, by its former place."""
        root = self.storage.root / "orphans"
        found = (path.relative_to(root).parts[2:] for path in root.rglob("*") if path.is_file())
        return sorted("/".join(parts) for parts in found)

    def check(self, *, full: bool = False, repair: bool = False, **options: object) -> Report:
        options.setdefault("grace_seconds", 0)
        return verify(self.storage, full=full, repair=repair, **options)  # type: ignore[arg-type]

    def found(self, **options: object) -> dict[str, list[str]]:
        """Return the subjects of all findings by kind."""
        report = self.check(**options)  # type: ignore[arg-type]
        return {
            kind.value: [finding.subject for finding in tally.first]
            for kind, tally in report.tallies.items()
        }


@pytest.fixture
def plant(app: Flask) -> Iterator[Plant]:
    with app.app_context():
        yield Plant(app)


def age(path: Path, seconds: float) -> None:
    """Make a file look as if it was last written `seconds` ago."""
    moment = time.time() - seconds
    os.utime(path, (moment, moment))

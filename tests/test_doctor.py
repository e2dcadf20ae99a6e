"""The page that tells how an installation is: right, wrong, and with the database away."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import psycopg2
import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient

from aoi.config import Settings
from aoi.doctor.command import command
from aoi.metrics.state import LAST_BACKUP
from tests.gate import Gate
from tests.sending import inspected
from tests.workers import WorkerThread

Examine = Callable[..., Result]


def said(result: Result) -> str:
    """What the page says, wherever its lines are folded: that follows from the folders' names."""
    return " ".join(result.output.split())


@pytest.fixture
def examine(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Examine:
    """Run the command with the test's settings, and others on top."""

    def run(**others: str) -> Result:
        given = {
            "DATABASE_URL": settings.libpq_url,
            "SEGFORMER_SERVICE_URL": settings.segformer_service_url or "",
            "DATA_DIR": str(settings.data_dir),
            "LOG_DIR": str(settings.log_dir),
            "SECRET_KEY": "test",
        }
        for name, value in {**given, **others}.items():
            monkeypatch.setenv(name, value)
        return CliRunner().invoke(command)

    return run


def test_what_is_right_is_told(
    examine: Examine, client: FlaskClient, worker: WorkerThread, settings: Settings
) -> None:
    inspected(client)
    told = said(examine())
    for words in (
        "They parse.",
        "can be written",
        "migrations are those of this release",
        "Workers at work: 1.",
        "The statistics count all 1 images.",
        "its model is",
        "It was never backed up.",
    ):
        assert words in told


def test_wrong_statistics_a_dead_worker_and_an_unfinished_restore_are_told(
    examine: Examine, client: FlaskClient, settings: Settings
) -> None:
    link = psycopg2.connect(settings.libpq_url)
    with link, link.cursor() as cursor:
        cursor.execute("INSERT INTO daily_totals VALUES (now(), 3, 0, 0, 0)")
    link.close()
    settings.data_dir.mkdir()
    (settings.data_dir / ".restoring.json").touch()
    (settings.data_dir / LAST_BACKUP).write_text('{"timestamp": 0, "folder": "/backups"}')
    told = examine()
    assert told.exit_code == 1
    for words in ("rebuild-stats", "No worker is at work", "A restore has not", "days old"):
        assert words in said(told)


def test_without_the_database_the_rest_is_told(examine: Examine, gate: Gate) -> None:
    gate.shut()
    told = examine(DATABASE_URL=gate.url)
    assert told.exit_code == 1
    assert "It cannot be reached" in said(told) and "its model is" in said(told)


def test_without_segformer_the_rest_is_told(examine: Examine) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # and nobody listens
        told = examine(SEGFORMER_SERVICE_URL=f"http://127.0.0.1:{held.getsockname()[1]}")
    assert told.exit_code == 1
    assert "does not work: unreachable" in said(told) and "It is reached" in said(told)


def test_a_setting_that_does_not_parse_is_named(examine: Examine) -> None:
    told = examine(WEB_THREADS="many")
    assert told.exit_code == 1 and "WEB_THREADS" in said(told)


def test_a_misspelt_setting_is_told(
    examine: Examine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("SEGFORMER_URL=http://10.0.0.5:5000\n")
    monkeypatch.setattr("aoi.doctor.settings.ROOT", tmp_path)
    assert "Did you mean SEGFORMER_SERVICE_URL?" in said(examine())

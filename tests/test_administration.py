"""No command of the administrator ends with a trace when the database does not serve it."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from uuid import uuid4

import psycopg2
import pytest
from flask import Flask
from flask.cli import FlaskGroup

from aoi import create_app
from aoi.access.commands import keys, people
from aoi.administration import LACKS_TABLES, reason, said, tell
from aoi.config import ROOT, Settings
from aoi.extensions import db
from tests.conftest import on_database, run_sql

# Each with its least arguments; `{folder}` is one of the test's own.
COMMANDS = (
    "backup {folder}/backups",
    "keys create --name a",
    "keys list",
    "keys revoke --name a",
    "people create --name a",
    "people disable --name a",
    "people enable --name a",
    "people list",
    "people set-password --name a",
    "people set-role --name a --role read",
    "prune --older-than 9d",
    "rebuild-stats",
    "seed --images 1",
    "verify",
)
MIGRATING = ("db check", "db current", "db downgrade base", "db stamp head", "db upgrade")
# Of these restore reads its backup first, the doctor tells a page, and the worker waits.
OTHERS = {"check-service", "doctor", "restore", "worker"}


@pytest.fixture
def empty_url(postgres: str) -> Iterator[str]:
    name = f"empty_{uuid4().hex[:12]}"
    run_sql(postgres, f"CREATE DATABASE {name}")
    yield on_database(postgres, name)
    run_sql(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def base(tmp_path: Path) -> Settings:
    (tmp_path / "data" / "uploads").mkdir(parents=True)
    return Settings(data_dir=tmp_path / "data", log_dir=tmp_path / "logs", secret_key="test")


def endings(
    settings: Settings, commands: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> dict[str, tuple[int, str]]:
    """Run each command as `flask` does; return its exit code and what it said."""
    app = create_app(settings)
    flask = FlaskGroup(create_app=lambda: app, load_dotenv=False, set_debug_flag=False)
    found = {}
    for command in commands:
        arguments = command.format(folder=settings.data_dir.parent).split()
        capsys.readouterr()
        code = _run(flask, arguments)
        found[command] = (code, capsys.readouterr().err)
    with app.app_context():
        db.engine.dispose()
    return found


def _run(flask: FlaskGroup, arguments: list[str]) -> int:
    try:
        flask.main(arguments, prog_name="flask")
    except SystemExit as end:
        return int(end.code or 0)
    except Exception as err:
        # As the interpreter does, which then ends with 1.
        tell(type(err), err, err.__traceback__)
    return 1


@pytest.fixture(autouse=True)
def as_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    # FlaskGroup sets it, for good.
    monkeypatch.setenv("FLASK_RUN_FROM_CLI", "true")
    monkeypatch.setattr(sys, "stdin", StringIO("a password to take\n" * 99))


def wrong(found: dict[str, tuple[int, str]], words: str) -> dict[str, tuple[int, str]]:
    """Return those that did not end with 1 and one line that has these words."""
    return {
        command: (code, told)
        for command, (code, told) in found.items()
        if code != 1 or words not in told or len(told.splitlines()) != 1
    }


def test_every_command_is_tried(app: Flask) -> None:
    commands = {name for name in app.cli.commands if name not in ("db", "openapi")}
    assert commands == {command.split()[0] for command in COMMANDS} | OTHERS
    for group in (keys, people):
        tried = {command.split()[1] for command in COMMANDS if command.startswith(f"{group.name} ")}
        assert set(group.commands) == tried


def test_a_server_that_is_away_is_told(
    base: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    away = dataclasses.replace(base, database_url=f"postgresql://a@/a?host={tmp_path}")
    found = endings(away, COMMANDS + MIGRATING, capsys)
    assert wrong(found, "Start it, or correct DATABASE_URL.") == {}


def test_a_database_that_is_not_there_is_told(
    base: Settings, postgres: str, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = dataclasses.replace(base, database_url=on_database(postgres, "none"))
    found = endings(missing, COMMANDS + MIGRATING, capsys)
    assert wrong(found, 'database "none" does not exist') == {}


def test_tables_that_are_not_there_are_told(
    base: Settings, empty_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = dataclasses.replace(base, database_url=empty_url)
    assert wrong(endings(empty, COMMANDS, capsys), "flask --app wsgi db upgrade") == {}


def test_a_real_command_ends_with_1_and_no_trace(tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "keys", "list"],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env=os.environ | {
            "DATABASE_URL": "postgresql://a:b@127.0.0.1:1/a",
            "DATA_DIR": str(tmp_path / "data"),
            "LOG_DIR": str(tmp_path / "logs"),
        },
    )  # fmt: skip
    assert told.returncode == 1
    [line] = told.stderr.splitlines()
    assert line.startswith("Error: The database cannot be reached: ")
    assert "Connection refused. Start it" in line


def test_a_statement_is_not_repeated(database_url: str) -> None:
    with pytest.raises(psycopg2.Error) as caught:
        run_sql(database_url, "SELECT nothing FROM nowhere")
    assert said(caught.value) == LACKS_TABLES
    assert reason(caught.value) == 'relation "nowhere" does not exist'


def test_what_the_database_has_no_part_in_keeps_its_trace(
    capsys: pytest.CaptureFixture[str],
) -> None:
    tell(ValueError, ValueError("a flaw"), None)
    assert "ValueError: a flaw" in capsys.readouterr().err

"""Fixtures: a real PostgreSQL for the session, an application and a database for each test."""

from __future__ import annotations

import atexit
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from uuid import uuid4

import psycopg2
import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy.engine import make_url

from aoi import create_app
from aoi.access.keys import create_key
from aoi.access.scopes import Scope
from aoi.blueprints.api import ApiBlueprint
from aoi.config import Settings
from aoi.embedded import EmbeddedPostgres
from aoi.extensions import db
from tests import pictures
from tests.gate import Gate
from tests.stub import StubService
from tests.workers import WorkerThread

FAILED = pytest.StashKey[bool]()


def pytest_configure(config: pytest.Config) -> None:
    """Have a folder for all of pytest's temporary ones that no other session closes.

    The usual one is shared, and each session that starts closes it to other users; as root
    PostgreSQL runs as one, and is locked out of its data.
    """
    if hasattr(config, "workerinput") or config.option.basetemp:
        return
    if "PYTEST_DEBUG_TEMPROOT" not in os.environ:
        folder = os.environ["PYTEST_DEBUG_TEMPROOT"] = mkdtemp(prefix="aoi-")
        # Registered before pytest's own, so that it comes after them.
        atexit.register(_remove, folder, config)


def _remove(folder: str, config: pytest.Config) -> None:
    if config.stash.get(FAILED, False):
        print(f"What the tests left is in {folder}")
    else:
        shutil.rmtree(folder, ignore_errors=True)


def pytest_sessionfinish(session: pytest.Session) -> None:
    session.config.stash[FAILED] = bool(session.testsfailed)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    pictures.begin(item.nodeid)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a real PostgreSQL, thrown away with the session."""
    # Not below pytest's own folder: another session closes that to all other users, and as root
    # PostgreSQL runs as one. Nothing of it outlives the session, so nothing need reach the disk.
    fast = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
    with TemporaryDirectory(prefix="aoi-postgres-") as folder:
        server = EmbeddedPostgres(Path(folder), fast)
        yield server.start()
        server.stop()


# Ends what a test has left connected, then empties every table but Alembic's own.
EMPTY = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid();
    SET session_replication_role = replica;
    DO $$ DECLARE name text; BEGIN
        FOR name IN SELECT tablename FROM pg_tables
                     WHERE schemaname = 'public' AND tablename <> 'alembic_version'
        LOOP EXECUTE format('DELETE FROM %I', name); END LOOP;
    END $$;
"""


def run_sql(url: str, statement: str) -> None:
    link = psycopg2.connect(url)
    link.autocommit = True
    with link.cursor() as cursor:
        cursor.execute(statement)
    link.close()


def on_database(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def template(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a migrated database that each test's own is copied from."""
    name = "migrated"
    run_sql(postgres, f"CREATE DATABASE {name}")
    settings = Settings(
        database_url=on_database(postgres, name),
        data_dir=tmp_path_factory.mktemp("data"),
        log_dir=tmp_path_factory.mktemp("logs"),
        secret_key="test",
    )
    app = create_app(settings)
    with app.app_context():
        upgrade()
        db.engine.dispose()
    return name


@pytest.fixture(scope="session")
def shared_database(postgres: str, template: str) -> str:
    """The URL of the migrated database that the tests use in turn."""
    run_sql(postgres, f"CREATE DATABASE shared TEMPLATE {template}")
    return on_database(postgres, "shared")


@pytest.fixture
def database_url(shared_database: str) -> Iterator[str]:
    """The URL of a migrated database without rows; emptying one is faster than making one."""
    yield shared_database
    run_sql(shared_database, EMPTY)


@pytest.fixture
def gate(database_url: str, tmp_path: Path) -> Iterator[Gate]:
    """A gate before the test's database, open; `settings` use it where a test asks for it first."""
    gate = Gate(database_url, tmp_path)
    gate.open()
    yield gate
    gate.shut()


@pytest.fixture
def own_database_url(postgres: str, template: str) -> Iterator[str]:
    """The URL of a database for a test that does with it what cannot be undone."""
    name = f"test_{uuid4().hex[:12]}"
    run_sql(postgres, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield on_database(postgres, name)
    run_sql(postgres, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def stub_process() -> Iterator[StubService]:
    with StubService() as stub:
        yield stub


@pytest.fixture
def stub(stub_process: StubService) -> StubService:
    """A SegFormer that answers at once and without fault, until told otherwise."""
    stub_process.reset()
    return stub_process


@pytest.fixture
def settings(
    database_url: str, stub: StubService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    # Where the slots are kept: each test has its own.
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    # Nothing is given up that only takes long on a busy machine.
    for bound in ("health.CHECK_SECONDS", "outage.PROBE_TIMEOUT_SECONDS"):
        monkeypatch.setattr(f"aoi.{bound}", 30.0)
    monkeypatch.setattr("aoi.segformer.probe.MODEL_TIMEOUT", 30.0)
    return Settings(
        database_url=database_url,
        segformer_service_url=stub.url,
        segformer_timeout=30,
        segformer_backoff=0,
        data_dir=tmp_path / "data",
        log_dir=tmp_path / "logs",
        secret_key="test",
        upload_wait=100,
    )


@pytest.fixture(autouse=True)
def without_document(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the OpenAPI document empty: making it takes most of an application's start."""
    monkeypatch.setattr(ApiBlueprint, "register_views_in_doc", lambda *_, **__: None)


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    application = create_app(settings)
    yield application
    application.extensions["aoi_waiting"].release()
    with application.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def worker(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[WorkerThread]:
    """A worker at work on the test's database."""
    with WorkerThread(app, monkeypatch) as running:
        yield running


@pytest.fixture
def key(app: Flask) -> Callable[[Scope], dict[str, str]]:
    """Make a key of a scope; return the header that sends it."""

    def make(scope: Scope) -> dict[str, str]:
        with app.app_context():
            token = create_key(f"key of {scope}", scope)
            db.session.remove()
        return {"Authorization": f"Bearer {token}"}

    return make

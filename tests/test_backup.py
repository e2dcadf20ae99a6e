"""Backups made at work, and what comes back from them: everything, or nothing."""

from __future__ import annotations

import dataclasses
import os
import shutil
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from threading import Lock
from typing import Any

import psycopg2
import pytest
from flask import Flask
from flask.testing import FlaskClient
from psycopg2.sql import SQL, Identifier

from aoi import create_app
from aoi.backup import loading
from aoi.backup.checking import check
from aoi.backup.failure import BackupFailed, RestoreFailed
from aoi.backup.making import Backup, back_up
from aoi.backup.place import Place
from aoi.backup.restoring import restore
from aoi.config import ROOT, ConfigError, Settings
from aoi.extensions import db
from tests.sending import inspected, queued, until
from tests.test_gunicorn import environment
from tests.workers import WorkerThread

# The search index must take a restored database for another one.
ANEW = {"result_log", "result_changes"}


@pytest.fixture
def elsewhere(settings: Settings, own_database_url: str, tmp_path: Path) -> Settings:
    """The settings of an empty installation."""
    return dataclasses.replace(
        settings, database_url=own_database_url, data_dir=tmp_path / "elsewhere"
    )


def backed_up(settings: Settings, folder: Path, **options: Any) -> Backup:
    return back_up(settings, settings.libpq_url, folder, **options)


def restored(settings: Settings, folder: Path, **options: Any) -> Any:
    return restore(settings, settings.libpq_url, folder, **options)


def all_rows(settings: Settings) -> dict[str, list[str]]:
    """Return every row of every table, as text."""
    with closing(psycopg2.connect(settings.libpq_url)) as link, link.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        found = {}
        for (name,) in cursor.fetchall():
            cursor.execute(SQL("SELECT each::text FROM {} AS each").format(Identifier(name)))
            found[name] = sorted(row for (row,) in cursor)
    return found


def in_use(settings: Settings) -> str | None:
    with closing(psycopg2.connect(settings.libpq_url)) as link:
        return loading.who_works(link)


def all_files(settings: Settings) -> dict[str, bytes]:
    """Return the bytes of every file of images and results."""
    return {
        str(path.relative_to(settings.data_dir)): path.read_bytes()
        for tree in ("uploads", "results", "thumbnails")
        for path in sorted((settings.data_dir / tree).rglob("*"))
        if path.is_file()
    }


def test_all_rows_and_bytes_come_back_and_work_goes_on(
    app: Flask,
    client: FlaskClient,
    settings: Settings,
    elsewhere: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with WorkerThread(app, monkeypatch):
        for name in ("a.png", "b c.png", "ä.png"):
            inspected(client, name=name)
    waiting = queued(client)
    before = all_rows(settings)
    made = backed_up(settings, tmp_path / "backups")
    done = restored(elsewhere, tmp_path / "backups")
    assert (made.tally.images, done.name, done.needs_upgrade) == (4, made.name, False)
    assert all_files(elsewhere) == all_files(settings)
    assert len(all_files(elsewhere)) == made.tally.files == done.files
    after = all_rows(elsewhere)
    assert after.keys() == before.keys()
    assert {name for name in before if before[name] != after[name]} == ANEW
    again = create_app(elsewhere)
    with WorkerThread(again, monkeypatch):
        there = again.test_client()
        until(lambda: there.get(f"/uploads/{waiting}").json["status"] == "done")  # type: ignore[index]
    with again.app_context():
        db.engine.dispose()


def test_only_new_files_are_copied(
    client: FlaskClient, worker: WorkerThread, settings: Settings, tmp_path: Path
) -> None:
    inspected(client)
    first = backed_up(settings, tmp_path / "backups")
    inspected(client)
    second = backed_up(settings, tmp_path / "backups")
    assert first.tally.new_files == first.tally.files
    assert second.tally.files == 2 * first.tally.files
    assert second.tally.new_files == first.tally.files
    assert backed_up(settings, tmp_path / "backups").tally.new_files == 0


def test_what_is_deleted_meanwhile_is_whole_or_not_there(
    client: FlaskClient,
    worker: WorkerThread,
    settings: Settings,
    elsewhere: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stays, goes = inspected(client), inspected(client)
    keep, turn = Place.keep, Lock()
    deleted: list[int] = []

    def delete_first(place: Place, source: Path, path: str) -> Any:
        with turn:
            if not deleted:
                deleted.append(client.delete(f"/images/{goes['img_unique_id']}").status_code)
        return keep(place, source, path)

    monkeypatch.setattr(Place, "keep", delete_first)
    made = backed_up(settings, tmp_path / "backups")
    assert deleted == [204]
    assert (made.rounds, made.tally.images, made.tally.missing) == (2, 1, [])
    restored(elsewhere, tmp_path / "backups")
    assert all_files(elsewhere) == all_files(settings)
    assert [row for row in all_rows(elsewhere)["uploads"] if stays["img_unique_id"] in row]


def test_what_is_inspected_again_meanwhile_is_of_one_inspection(
    app: Flask,
    client: FlaskClient,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with WorkerThread(app, monkeypatch):
        inspected(client)
    keep = Place.keep
    repaired: list[str] = []

    def inspect_again(place: Place, source: Path, path: str) -> Any:
        if not repaired:
            repaired.append(path)
            with closing(psycopg2.connect(settings.libpq_url)) as link, link.cursor() as cursor:
                cursor.execute("UPDATE uploads SET attempts = attempts + 1")
                link.commit()
        return keep(place, source, path)

    monkeypatch.setattr(Place, "keep", inspect_again)
    assert backed_up(settings, tmp_path / "backups").rounds == 2


def test_missing_and_damaged_files_are_told(
    client: FlaskClient, worker: WorkerThread, settings: Settings, tmp_path: Path
) -> None:
    inspected(client)
    (mask,) = settings.data_dir.glob("results/*/*/*_mask.png")
    (given,) = settings.data_dir.glob("uploads/*/*.png")
    mask.unlink()
    given.write_bytes(b"not what was sent")
    tally = backed_up(settings, tmp_path / "backups").tally
    assert tally.missing == [str(mask.relative_to(settings.data_dir))]
    assert tally.damaged == [str(given.relative_to(settings.data_dir))]


def test_a_data_folder_that_is_not_mounted_is_no_backup(
    client: FlaskClient, settings: Settings, tmp_path: Path
) -> None:
    queued(client)
    (settings.data_dir / "uploads").rename(tmp_path / "unmounted")
    with pytest.raises(BackupFailed, match="Is its disk mounted"):
        backed_up(settings, tmp_path / "backups")
    assert Place(tmp_path / "backups").names() == []


def test_older_backups_and_their_files_are_removed(
    client: FlaskClient, worker: WorkerThread, settings: Settings, tmp_path: Path
) -> None:
    gone = inspected(client)["img_unique_id"]
    folder = tmp_path / "backups"
    backed_up(settings, folder)
    client.delete(f"/images/{gone}")
    inspected(client)
    made = backed_up(settings, folder, keep=1)
    assert Place(folder).names() == [made.name] and made.forgotten == 1
    assert len(list((folder / "files").glob("*/*"))) == len({*all_files(settings).values()})
    assert check(folder).wrong == []


def test_a_killed_backup_leaves_those_before_it_whole(
    client: FlaskClient, worker: WorkerThread, settings: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "backups"
    inspected(client)
    first = backed_up(settings, folder)
    inspected(client)
    # A pipe in the place of an input: who reads it waits for ever.
    given = max(settings.data_dir.glob("uploads/*/*.png"))
    data = given.read_bytes()
    given.unlink()
    os.mkfifo(given)
    env = environment(tmp_path, DATABASE_URL=settings.libpq_url)
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", "backup", str(folder)],
        cwd=ROOT,
        env=env | {"DATA_DIR": str(settings.data_dir)},
    )
    until(lambda: list((folder / "backups").glob(".*/rows.jsonl")))
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert Place(folder).names() == [first.name]
    assert check(folder).wrong == []
    given.unlink()
    given.write_bytes(data)
    second = backed_up(settings, folder)
    assert not list((folder / "backups").glob(".*"))
    assert check(folder).backups == 2 and second.tally.damaged == []


def test_damage_is_found(
    client: FlaskClient, worker: WorkerThread, settings: Settings, tmp_path: Path
) -> None:
    inspected(client)
    folder = tmp_path / "backups"
    made = backed_up(settings, folder)
    kept = max((folder / "files").glob("*/*"), key=lambda path: path.stat().st_size)
    kept.write_bytes(b"\0" * kept.stat().st_size)
    (wrong,) = check(folder).wrong
    assert "is damaged" in wrong
    (made.folder / "database.dump").write_bytes(b"")
    assert len(check(folder).wrong) == 2


class TestRestoring:
    @pytest.fixture
    def folder(
        self, app: Flask, client: FlaskClient, settings: Settings, tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> Path:  # fmt: skip
        with WorkerThread(app, monkeypatch):
            inspected(client)
        backed_up(settings, tmp_path / "backups")
        return tmp_path / "backups"

    def test_nothing_is_overwritten_unasked(
        self, folder: Path, app: Flask, settings: Settings, elsewhere: Settings
    ) -> None:
        with app.app_context():
            db.engine.dispose()
        # PostgreSQL notices only a moment later that they are closed.
        until(lambda: not in_use(settings))
        with pytest.raises(RestoreFailed, match="database is not empty"):
            restored(settings, folder)
        shutil.copytree(settings.data_dir, elsewhere.data_dir)
        with pytest.raises(RestoreFailed, match="elsewhere is not empty"):
            restored(elsewhere, folder)
        restored(settings, folder, replace=True)

    def test_a_product_at_work_is_left_alone(self, folder: Path, settings: Settings) -> None:
        with pytest.raises(RestoreFailed, match="Stop it"):
            restored(settings, folder, replace=True)

    def test_a_half_done_one_is_no_whole(self, folder: Path, elsewhere: Settings) -> None:
        kept = max((folder / "files").glob("*/*"))
        data = kept.read_bytes()
        kept.write_bytes(b"\0" * len(data))
        with pytest.raises(RestoreFailed, match="is damaged"):
            restored(elsewhere, folder)
        with pytest.raises(ConfigError, match="has not come to its end"):
            create_app(elsewhere)
        kept.write_bytes(data)
        restored(elsewhere, folder)
        create_app(elsewhere)

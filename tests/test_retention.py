from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from flask import Flask

from aoi import rollups, uploads
from aoi.config import ROOT, Settings
from aoi.exceptions import Conflict
from aoi.extensions import db
from aoi.jobs import queue
from aoi.models import IdempotencyKey, Removal
from aoi.removal import Doomed, delete_rows
from aoi.retention import Report, Terms, images, prune, tidying
from aoi.storage import Storage
from tests.records import add_image
from tests.test_maintenance import environment
from tests.verification.conftest import Plant, plant

__all__ = ["environment", "plant"]

NOW = datetime.now(UTC)
OLD = NOW - timedelta(days=100)
TERMS = Terms(NOW - timedelta(days=90))
CLEAN = Terms(TERMS.before, only_clean=True)

# Dies in the midst of the second image's files.
KILLED = """
import os, signal
from datetime import datetime
from aoi import create_app
from aoi.config import load_settings
from aoi.retention import Terms, prune
from aoi.storage import Storage

delete, deleted = Storage.delete, []

def dying(self, unique_id, input_path):
    deleted.append(unique_id)
    if len(deleted) == 2:
        self.absolute(input_path).unlink()
        os.kill(os.getpid(), signal.SIGKILL)
    delete(self, unique_id, input_path)

Storage.delete = dying
app = create_app(load_settings(None))
with app.app_context():
    prune(app.extensions["aoi_storage"], Terms(datetime.fromisoformat("{before}")))
"""


def make_old(plant: Plant, unique_id: str) -> str:
    plant.sql(
        "UPDATE uploads SET created_at = :old WHERE img_unique_id = :id", old=OLD, id=unique_id
    )
    plant.sql("UPDATE images SET timestamp = :old WHERE img_unique_id = :id", old=OLD, id=unique_id)
    return unique_id


def set_status(plant: Plant, unique_id: str, status: str) -> None:
    plant.sql(
        "UPDATE uploads SET status = :status WHERE img_unique_id = :id", status=status, id=unique_id
    )


def files(plant: Plant) -> dict[str, int]:
    """Return the sizes of all stored files."""
    trees = ("uploads", "results", "thumbnails", "cache/outlines", "orphans")
    found = (path for tree in trees for path in (plant.storage.root / tree).rglob("*"))
    return {str(path): path.stat().st_size for path in found if path.is_file()}


def ids(plant: Plant, table: str = "uploads") -> set[str]:
    found = db.session.scalars(db.text(f"SELECT img_unique_id FROM {table}")).all()
    db.session.close()
    return set(found)


def run(plant: Plant, terms: Terms | None = TERMS, *, dry_run: bool = False) -> Report:
    return prune(plant.storage, terms, dry_run=dry_run)


@pytest.fixture(autouse=True)
def stored(app: Flask) -> None:
    (app.config["AOI"].data_dir / "uploads").mkdir(parents=True)


def test_old_images_go_with_rows_files_and_statistics(plant: Plant) -> None:
    old, young = make_old(plant, plant.done()), plant.done()
    outlines = plant.storage.outlines_path(old)
    outlines.parent.mkdir(parents=True)
    outlines.write_bytes(b"[]")
    before = files(plant)
    report = run(plant)
    after = files(plant)
    assert ids(plant) == ids(plant, "images") == ids(plant, "classes") == {young}
    assert not any(old in path for path in after)
    assert report.freed_bytes == sum(before.values()) - sum(after.values())
    assert report.document()["images"] == 1
    assert plant.check(full=True).all_right
    assert rollups.recount() == []


def test_the_audit_log_tells_of_each(plant: Plant) -> None:
    gone = make_old(plant, plant.done())
    prune(plant.storage, TERMS)
    entries = db.session.execute(db.text("SELECT kind, action, subject FROM audit_log")).all()
    assert entries == [("command", "upload.delete", gone)]


def test_a_dry_run_tells_the_same_and_changes_nothing(plant: Plant) -> None:
    make_old(plant, plant.done())
    before = files(plant), ids(plant), ids(plant, "images")
    foreseen = run(plant, dry_run=True)
    assert (files(plant), ids(plant), ids(plant, "images")) == before
    told = run(plant).document()
    assert {**foreseen.document(), "dry_run": False, "seconds": told["seconds"]} == told


def test_only_clean_leaves_what_has_defects_or_failed(app: Flask, plant: Plant) -> None:
    clean, bad = add_image(app, OLD), add_image(app, OLD, PI_Particle=[5])
    failed = add_image(app, OLD)
    set_status(plant, failed, "failed")
    assert run(plant, CLEAN, dry_run=True).document()["images"] == 1
    assert run(plant, CLEAN).document()["images"] == 1
    assert ids(plant) == {bad, failed}
    assert clean not in ids(plant, "images")


def test_what_has_ended_goes_and_what_is_to_come_stays(plant: Plant) -> None:
    kept = set()
    for status in ("failed", "rejected", "queued", "processing"):
        unique_id = make_old(plant, plant.queued())
        set_status(plant, unique_id, status)
        if status in ("queued", "processing"):
            kept.add(unique_id)
    report = run(plant).document()
    assert (report["failed_uploads"], report["rejected_uploads"]) == (1, 1)
    assert ids(plant) == kept


def test_batches_left_empty_go(plant: Plant) -> None:
    emptied, half, young = (uuid4().hex for _ in range(3))
    for batch_id, moment in ((emptied, OLD), (half, OLD), (young, NOW)):
        plant.sql("INSERT INTO batches VALUES (:id, :moment)", id=batch_id, moment=moment)
    for batch_id, unique_id in (
        (emptied, make_old(plant, plant.done())),
        (half, make_old(plant, plant.done())),
        (half, plant.done()),
    ):
        plant.sql(
            "UPDATE uploads SET batch_id = :batch, position = 1 WHERE img_unique_id = :id",
            batch=batch_id,
            id=unique_id,
        )
    assert run(plant, dry_run=True).gone.batches == 1
    assert run(plant).gone.batches == 1
    assert set(db.session.scalars(db.text("SELECT batch_id FROM batches"))) == {half, young}


def test_a_retry_under_way_is_passed_over_and_one_that_came_first_wins(plant: Plant) -> None:
    unique_id = make_old(plant, plant.queued())
    set_status(plant, unique_id, "failed")
    with db.engine.connect() as retrying:
        retrying.execute(db.text("UPDATE uploads SET status = 'queued'"))
        assert run(plant).document()["failed_uploads"] == 0
        retrying.commit()
    # As if it had been found before the retry.
    images._delete([unique_id], TERMS, plant.storage, images.Gone())
    assert ids(plant) == {unique_id}
    assert plant.input(unique_id).is_file()


def test_killed_in_the_midst_the_next_run_finishes_it(plant: Plant, environment: Settings) -> None:
    old = [make_old(plant, plant.done()) for _ in range(3)]
    young = plant.done()
    script = KILLED.replace("{before}", TERMS.before.isoformat())
    killed = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert ids(plant) == ids(plant, "images") == {young}
    assert any(unique_id in path for unique_id in old for path in files(plant))
    assert not plant.check().tallies
    report = run(plant, None)
    assert not any(unique_id in path for unique_id in old for path in files(plant))
    assert report.freed_bytes > 0
    assert ids(plant, "removals") == set()
    assert plant.check(full=True).all_right


def test_repair_finishes_a_deletion_that_was_broken_off(plant: Plant) -> None:
    unique_id = plant.done()
    delete_rows([Doomed(unique_id, plant.upload(unique_id).input_image_path)])
    db.session.commit()
    assert plant.check(repair=True).all_right
    assert files(plant) == {}
    assert ids(plant, "removals") == set()


def test_files_that_cannot_be_removed_are_told_and_tried_again(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    unique_id = make_old(plant, plant.done())

    def refuse(*_: object) -> None:
        raise PermissionError(1, "not permitted")

    with monkeypatch.context() as patched:
        patched.setattr(Storage, "delete", refuse)
        report = run(plant)
        assert (report.left, report.freed_bytes) == ({unique_id}, 0)
        assert ids(plant, "removals") == {unique_id}
    assert run(plant, None).left == set()
    assert files(plant) == {}


def test_deleting_one_upload_leaves_the_notes_of_others(plant: Plant) -> None:
    first, second = plant.done(), plant.done()
    db.session.add(Removal(img_unique_id="20260101_000000_AAAAAAAA"))
    db.session.commit()
    uploads.delete_upload(first, plant.storage)
    assert ids(plant, "removals") == {"20260101_000000_AAAAAAAA"}
    assert ids(plant) == {second}


def test_nothing_is_deleted_while_the_data_folder_is_away(app: Flask, plant: Plant) -> None:
    unique_id = add_image(app, OLD)
    (plant.storage.root / "uploads").rmdir()
    with pytest.raises(Conflict, match="not mounted"):
        run(plant)
    assert ids(plant) == {unique_id}


def test_old_logs_and_what_was_traced_go(
    plant: Plant, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    long_ago = time.time() - tidying.LOG_SECONDS - 60
    for name in ("app.log.9", "app.log", "other.log.1", "error.log.1"):
        (settings.log_dir / name).write_text("1234")
        if name != "error.log.1":
            os.utime(settings.log_dir / name, (long_ago, long_ago))
    traced = plant.put("cache/outlines/20260225/20260225_103045_7K3QH2ZD.json")
    plant.put(plant.storage.result_path(traced.stem, "mask"))
    of_no_image = plant.put("cache/classmaps/20260225/20260225_103045_7K3QH2ZE.png")
    assert run(plant, None).tidied.log_bytes == 4
    assert traced.exists() and not of_no_image.exists()
    assert not (settings.log_dir / "app.log.9").exists()
    assert {"app.log", "other.log.1", "error.log.1"} <= {
        path.name for path in settings.log_dir.iterdir()
    }
    monkeypatch.setattr(tidying, "UNUSED_SECONDS", -60)
    assert run(plant, None).tidied.cache_bytes == 4
    assert not traced.exists()


def test_stale_idempotency_keys_go_unless_they_are_held(plant: Plant) -> None:
    for key, moment, until in (
        ("stale", OLD, None),
        ("held", OLD, NOW + timedelta(days=1)),
        ("fresh", NOW, None),
    ):
        db.session.add(IdempotencyKey(key=key, fingerprint="", created_at=moment, held_until=until))
    db.session.commit()
    assert run(plant).tidied.keys == 1
    assert set(db.session.scalars(db.text("SELECT key FROM idempotency_keys"))) == {"held", "fresh"}


def test_the_command_keeps_all_images_unless_told_an_age(app: Flask, plant: Plant) -> None:
    unique_id = add_image(app, OLD)
    cli = app.test_cli_runner()
    assert "every image is kept" in cli.invoke(args=["prune"]).output
    assert "Write 90d" in cli.invoke(args=["prune", "--older-than", "90"]).output
    assert ids(plant) == {unique_id}
    result = cli.invoke(args=["prune", "--older-than", "12w"])
    assert (result.exit_code, "Deleted 1 images" in result.output) == (0, True)
    assert ids(plant) == set()


def test_it_is_due_every_night_as_maintenance() -> None:
    registered = queue.periodic_registry.periodic_tasks.values()
    [periodic] = [each for each in registered if each.task.name == "prune"]
    assert periodic.cron == "47 2 * * *"
    assert (periodic.task.queue, periodic.task.queueing_lock) == ("maintenance", "prune")

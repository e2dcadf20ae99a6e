from __future__ import annotations

import os
import threading
import time

import pytest
from flask import Flask

from aoi.extensions import db
from aoi.ids import day_of, new_id
from aoi.models import Status, Upload
from aoi.storage import Storage
from aoi.verification import Kind, strays
from tests.verification.conftest import Plant, age

HOUR = 3600.0


def test_orphans_are_moved_and_kept(plant: Plant) -> None:
    plant.done()
    unique_id = new_id()
    day = day_of(unique_id)
    places = [
        f"uploads/{day}/{unique_id}_panel.png",
        f"uploads/{day}/readme.txt",
        f"results/{day}/{unique_id}/{unique_id}_mask.png",
        f"thumbnails/{day}/{unique_id}.jpg",
        "uploads/stray.png",
    ]
    for place in places:
        plant.put(place, place.encode())
    found = plant.found()
    assert sorted(found.pop("orphan_input")) == [places[0], places[1], places[4]]
    assert found == {
        "orphan_result": [f"results/{day}/{unique_id}"],
        "orphan_thumbnail": [f"thumbnails/{day}/{unique_id}.jpg"],
    }
    report = plant.check(repair=True)
    assert report.all_right
    assert plant.orphans() == sorted(places)
    assert plant.found(repair=True) == {}


def test_file_under_the_id_of_another_name_is_an_orphan(plant: Plant) -> None:
    unique_id = plant.done()
    stray = f"uploads/{day_of(unique_id)}/{unique_id}_other.png"
    plant.put(stray)
    assert plant.found() == {"orphan_input": [stray]}


def test_results_of_a_failed_upload_are_orphans(plant: Plant) -> None:
    unique_id = plant.done()
    plant.sql("DELETE FROM images")
    plant.sql("UPDATE uploads SET status = 'failed'")
    assert plant.found() == {"orphan_result": [plant.storage.result_folder(unique_id)]}


def test_results_of_an_upload_still_to_be_inspected_are_left_to_it(plant: Plant) -> None:
    unique_id = plant.queued()
    plant.put(f"{plant.storage.result_folder(unique_id)}/{unique_id}_mask.png")
    assert plant.found() == {}


def test_young_files_are_no_orphans(plant: Plant) -> None:
    plant.done()
    plant.put(f"uploads/20260225/{new_id()}_a.png")
    plant.put(f"results/20260225/{new_id()}/a.png")
    plant.put("incoming/incoming-abc")
    assert plant.found(repair=True, grace_seconds=900) == {}


def test_files_that_a_batch_still_receives_for_have_a_longer_grace(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their rows come with the call's last byte; results have no such excuse."""
    uncommitted, received = new_id(), new_id()
    plant.put(f"uploads/20260225/{uncommitted}_a.png")
    plant.put(f"thumbnails/20260225/{uncommitted}.jpg")
    plant.put(f"results/20260225/{received}/a.png")
    plant.put("incoming/incoming-abc")
    now = time.time
    monkeypatch.setattr("aoi.verification.terms.time.time", lambda: now() + HOUR)
    assert plant.found(grace_seconds=900) == {"orphan_result": [f"results/20260225/{received}"]}
    monkeypatch.setattr("aoi.verification.terms.time.time", lambda: now() + 25 * HOUR)
    assert len(plant.found(grace_seconds=900)) == 4


def test_time_of_the_last_move_counts_too(plant: Plant) -> None:
    plant.done()
    age(plant.put(f"uploads/20260225/{new_id()}_a.png"), 48 * HOUR)
    assert plant.found(grace_seconds=900) == {}


def test_leftovers_of_receiving_are_removed(plant: Plant) -> None:
    plant.done()
    leftover = plant.put("incoming/incoming-abc")
    draft = plant.put(f"thumbnails/20260225/{new_id()}.part")
    assert plant.check(repair=True).mended(Kind.LEFTOVER) == 2
    assert not leftover.exists()
    assert not draft.exists()
    assert plant.orphans() == []


def test_staged_results_of_a_broken_off_attempt_are_removed(plant: Plant) -> None:
    unique_id = plant.done()
    staged = plant.storage.stage_results(unique_id, 1, {"mask": b"png"})
    assert plant.check(repair=True).mended(Kind.LEFTOVER) == 1
    assert not staged.exists()


def test_staged_results_of_a_running_attempt_stay(plant: Plant) -> None:
    unique_id = plant.queued()
    plant.sql("UPDATE uploads SET status = 'processing', attempts = 2")
    running = plant.storage.stage_results(unique_id, 2, {"mask": b"png"})
    dead = plant.storage.stage_results(unique_id, 1, {"mask": b"png"})
    assert plant.check(repair=True).mended(Kind.LEFTOVER) == 1
    assert running.exists()
    assert not dead.exists()


def test_what_is_not_the_agents_is_left_alone(plant: Plant) -> None:
    plant.done()
    plant.put("uploads/lost+found/1")
    plant.put("uploads/20260225/.nfs0001")
    plant.put("notes/mine.txt")
    assert plant.found(repair=True) == {}


def test_so_many_orphans_look_like_the_wrong_database(plant: Plant) -> None:
    for _ in range(11):
        plant.put(f"uploads/20260225/{new_id()}_a.png")
    report = plant.check(repair=True)
    assert (report.found(Kind.ORPHAN_INPUT), report.mended(Kind.ORPHAN_INPUT)) == (11, 0)
    assert plant.orphans() == []
    assert plant.check(repair=True, many=True).mended(Kind.ORPHAN_INPUT) == 11


def test_file_that_cannot_be_moved_is_told(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant.done()
    place = plant.put(f"uploads/20260225/{new_id()}_a.png")

    def refuse(*_: object) -> None:
        raise OSError(18, os.strerror(18))

    monkeypatch.setattr("aoi.verification.strays.os.rename", refuse)
    report = plant.check(repair=True)
    [finding] = report.tallies[Kind.ORPHAN_INPUT].first
    assert not report.all_right
    assert finding.left is not None and "by hand" in finding.left
    assert place.exists()


def test_interrupted_move_is_finished_by_the_next_run(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant.done()
    places = sorted(f"uploads/20260225/{new_id()}_{number}.png" for number in range(3))
    for place in places:
        plant.put(place)
    moved = []
    rename = os.rename

    def die_at_the_second(*paths: str) -> None:
        if moved:
            raise KeyboardInterrupt
        rename(*paths)
        moved.append(paths)

    with monkeypatch.context() as patched:
        patched.setattr(strays.os, "rename", die_at_the_second)
        with pytest.raises(KeyboardInterrupt):
            plant.check(repair=True)
    assert len(plant.orphans()) == 1
    assert plant.check(repair=True).mended(Kind.ORPHAN_INPUT) == 2
    assert plant.orphans() == places


def test_input_whose_row_comes_between_look_and_deed_is_no_orphan(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant.done()
    stored = plant.intake.store(plant.receive())
    settle = strays.Sweeper._settle_orphan

    def commit_first(self: strays.Sweeper, *arguments: object) -> None:
        db.session.add(stored)
        db.session.commit()
        settle(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(strays.Sweeper, "_settle_orphan", commit_first)
    report = plant.check()
    assert report.found(Kind.ORPHAN_INPUT) == 0
    assert plant.orphans() == []


def test_nothing_is_lost_while_images_come_in_and_are_inspected(app: Flask, plant: Plant) -> None:
    """Repairs with a grace of a second, again and again, beside a busy product."""
    plant.done()
    stop = threading.Event()
    ids: list[str] = []
    errors: list[BaseException] = []

    def take_in() -> None:
        with app.app_context():
            try:
                while not stop.is_set():
                    ids.append(plant.done())
            except BaseException as err:
                errors.append(err)

    threads = [threading.Thread(target=take_in) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        deadline = time.monotonic() + 6
        # A busy machine needs longer for as many.
        while not errors and (time.monotonic() < deadline or len(ids) <= 20):
            report = plant.check(full=True, repair=True, grace_seconds=1, many=True)
            assert report.document()["findings"] == []
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert errors == []
    assert len(ids) > 20
    assert plant.orphans() == []
    assert {plant.upload(unique_id).status for unique_id in ids} == {Status.DONE}
    assert plant.found(full=True) == {}


def test_orphans_of_two_runs_do_not_overwrite_each_other(plant: Plant) -> None:
    plant.done()
    place = f"uploads/20260225/{new_id()}_a.png"
    for data in (b"first", b"second"):
        plant.put(place, data)
        assert plant.check(repair=True).mended(Kind.ORPHAN_INPUT) == 1
    assert plant.orphans() == [place, place]


def test_missing_folders_are_no_finding(app: Flask) -> None:
    storage: Storage = app.extensions["aoi_storage"]
    assert not (storage.root / "uploads").exists()
    with app.app_context():
        assert db.session.query(Upload).count() == 0
        assert Plant(app).found(repair=True) == {}

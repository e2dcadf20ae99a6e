from __future__ import annotations

import shutil

import pytest
from sqlalchemy import event

from aoi.exceptions import StorageFull
from aoi.extensions import db
from aoi.models import Status
from aoi.storage import Storage
from aoi.uploads import delete_upload
from aoi.verification import Kind
from aoi.verification.uploads import Mender
from tests.verification.conftest import Plant

REGIONS = "SELECT count(*) FROM regions WHERE img_unique_id = :id"
IMAGES = "SELECT count(*) FROM images WHERE img_unique_id = :id"


def flip_a_byte(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


def assert_mended(plant: Plant, kind: Kind, **options: object) -> None:
    """Mend one finding; a second repair then finds nothing more."""
    report = plant.check(repair=True, **options)  # type: ignore[arg-type]
    assert (report.found(kind), report.mended(kind)) == (1, 1)
    assert report.all_right
    assert plant.found(repair=True, **options) == {}


def assert_inspected_again(plant: Plant, unique_id: str) -> None:
    upload = plant.upload(unique_id)
    assert (upload.status, upload.total_defects) == (Status.QUEUED, None)
    assert plant.scalar(IMAGES, id=unique_id) == 0
    assert plant.jobs(unique_id) == 1
    plant.work(unique_id)
    assert plant.upload(unique_id).status == Status.DONE
    assert plant.found(full=True) == {}


def test_all_is_right_in_both_forms(plant: Plant) -> None:
    plant.done()
    plant.queued()
    for full in (False, True):
        report = plant.check(full=full)
        assert report.all_right
        assert report.tallies == {}
        assert report.uploads == 2


def test_full_form_reads_every_file(plant: Plant) -> None:
    unique_id = plant.done()
    kinds = ("combined", "mask", "overlay", "analysis")
    size = sum(plant.result(unique_id, kind).stat().st_size for kind in kinds)
    report = plant.check(full=True)
    assert report.bytes_read == size + plant.input(unique_id).stat().st_size
    assert report.files == 6


def test_lost_input_is_told_and_left(plant: Plant) -> None:
    unique_id = plant.done()
    plant.input(unique_id).unlink()
    report = plant.check(repair=True)
    assert not report.all_right
    [finding] = report.tallies[Kind.INPUT_MISSING].first
    assert finding.subject == unique_id
    assert finding.left is not None and f"DELETE /uploads/{unique_id}" in finding.left
    assert plant.upload(unique_id).status == Status.DONE


def test_input_of_another_size_is_told(plant: Plant) -> None:
    unique_id = plant.done()
    plant.input(unique_id).write_bytes(b"short")
    assert plant.found() == {"input_damaged": [unique_id]}


def test_input_with_other_bytes_is_told_by_the_full_form_only(plant: Plant) -> None:
    unique_id = plant.done()
    path = plant.input(unique_id)
    path.write_bytes(flip_a_byte(path.read_bytes()))
    assert plant.found() == {}
    assert plant.found(full=True) == {"input_damaged": [unique_id]}


@pytest.mark.parametrize("kind", ["combined", "mask", "overlay", "analysis"])
def test_lost_result_is_inspected_again(plant: Plant, kind: str) -> None:
    unique_id = plant.done()
    plant.result(unique_id, kind).unlink()
    assert plant.found() == {"result_missing": [unique_id]}
    assert_mended(plant, Kind.RESULT_MISSING)
    assert_inspected_again(plant, unique_id)


def test_empty_result_is_inspected_again(plant: Plant) -> None:
    unique_id = plant.done()
    plant.result(unique_id).write_bytes(b"")
    assert_mended(plant, Kind.RESULT_MISSING)
    assert_inspected_again(plant, unique_id)


@pytest.mark.parametrize("kind", ["combined", "mask", "overlay"])
def test_damaged_picture_is_inspected_again_by_the_full_form(plant: Plant, kind: str) -> None:
    unique_id = plant.done()
    path = plant.result(unique_id, kind)
    path.write_bytes(flip_a_byte(path.read_bytes()))
    assert plant.found() == {}
    assert_mended(plant, Kind.RESULT_DAMAGED, full=True)
    assert_inspected_again(plant, unique_id)


def test_cut_json_is_inspected_again_by_the_full_form(plant: Plant) -> None:
    unique_id = plant.done()
    path = plant.result(unique_id, "analysis")
    path.write_bytes(path.read_bytes()[:-20])
    assert plant.found() == {}
    assert_mended(plant, Kind.RESULT_DAMAGED, full=True)
    assert_inspected_again(plant, unique_id)


def test_lost_result_stays_where_the_input_is_damaged(plant: Plant) -> None:
    unique_id = plant.done()
    plant.result(unique_id).unlink()
    path = plant.input(unique_id)
    path.write_bytes(flip_a_byte(path.read_bytes()))
    # The quick form does not hash inputs, but does so before it gives a result up.
    report = plant.check(repair=True)
    assert (report.found(Kind.RESULT_MISSING), report.mended(Kind.RESULT_MISSING)) == (1, 0)
    assert plant.upload(unique_id).status == Status.DONE
    assert plant.scalar(IMAGES, id=unique_id) == 1


def test_done_upload_without_image_row_is_inspected_again(plant: Plant) -> None:
    unique_id = plant.done()
    plant.sql("DELETE FROM images WHERE img_unique_id = :id", id=unique_id)
    assert_mended(plant, Kind.DONE_WITHOUT_IMAGE)
    assert_inspected_again(plant, unique_id)


def test_lost_regions_are_inspected_again_by_the_full_form(plant: Plant) -> None:
    unique_id = plant.done()
    plant.sql(
        "DELETE FROM regions WHERE region_unique_id IN"
        " (SELECT region_unique_id FROM regions WHERE img_unique_id = :id LIMIT 2)",
        id=unique_id,
    )
    assert plant.found() == {}
    assert_mended(plant, Kind.REGIONS_MISSING, full=True)
    assert_inspected_again(plant, unique_id)


def test_image_row_without_upload_is_told(plant: Plant) -> None:
    unique_id = plant.done()
    plant.sql("DELETE FROM uploads WHERE img_unique_id = :id", id=unique_id)
    assert plant.found(repair=True) == {"image_without_upload": [unique_id]}
    # Its files are named by its own row, so they stay.
    assert plant.result(unique_id).exists()
    assert plant.orphans() == []


def test_wrong_counts_are_counted_again(plant: Plant) -> None:
    unique_id = plant.done()
    right = plant.upload(unique_id)
    plant.sql("UPDATE uploads SET total_defects = 99, defect_classes = '{\"PI_Particle\": 99}'")
    assert plant.found() == {"counts_wrong": [unique_id]}
    assert_mended(plant, Kind.COUNTS_WRONG)
    counted = plant.upload(unique_id)
    assert counted.total_defects == right.total_defects == plant.scalar(REGIONS, id=unique_id)
    assert counted.defect_classes == right.defect_classes
    assert counted.updated_at == right.updated_at


def test_failed_upload_with_image_row_keeps_its_files_as_orphans(plant: Plant) -> None:
    unique_id = plant.done()
    plant.sql("UPDATE uploads SET status = 'failed', error = 'so'")
    assert plant.found() == {"unfinished_with_image": [unique_id]}
    report = plant.check(repair=True)
    assert report.mended(Kind.UNFINISHED_WITH_IMAGE) == 1
    assert report.mended(Kind.ORPHAN_RESULT) == 1
    assert plant.scalar(IMAGES, id=unique_id) == 0
    assert len(plant.orphans()) == 4
    assert plant.found(repair=True) == {}


def test_queued_upload_with_image_row_can_be_inspected_again(plant: Plant) -> None:
    unique_id = plant.done()
    plant.sql("UPDATE uploads SET status = 'queued'")
    found = plant.check(repair=True)
    assert {Kind.UNFINISHED_WITH_IMAGE, Kind.WITHOUT_JOB} == set(found.tallies)
    assert found.all_right
    plant.work(unique_id)
    assert plant.upload(unique_id).status == Status.DONE
    assert plant.found(full=True) == {}


@pytest.mark.parametrize("status", ["queued", "processing"])
def test_upload_without_job_is_queued_again(plant: Plant, status: str) -> None:
    unique_id = plant.queued()
    plant.drop_job(unique_id)
    plant.sql("UPDATE uploads SET status = :status", status=status)
    assert plant.found() == {"without_job": [unique_id]}
    assert_mended(plant, Kind.WITHOUT_JOB)
    assert plant.jobs(unique_id) == 1


def test_long_inspection_is_told(plant: Plant) -> None:
    unique_id = plant.queued()
    plant.sql("UPDATE uploads SET status = 'processing'")
    assert plant.found() == {}
    plant.sql("UPDATE uploads SET updated_at = now() - interval '3 hours'")
    report = plant.check(repair=True)
    [finding] = report.tallies[Kind.STUCK].first
    assert (finding.subject, finding.mended) == (unique_id, False)
    assert "180 minutes" in finding.detail


def test_lost_thumbnail_is_made_again(plant: Plant) -> None:
    unique_id = plant.done()
    path = plant.storage.thumbnail_path(unique_id)
    before = path.read_bytes()
    path.unlink()
    assert plant.found() == {"thumbnail_missing": [unique_id]}
    assert_mended(plant, Kind.THUMBNAIL_MISSING)
    assert path.read_bytes() == before


def test_thumbnail_of_a_damaged_input_is_left(plant: Plant) -> None:
    unique_id = plant.done()
    plant.storage.thumbnail_path(unique_id).unlink()
    path = plant.input(unique_id)
    path.write_bytes(bytes(path.stat().st_size))
    report = plant.check(repair=True)
    [finding] = report.tallies[Kind.THUMBNAIL_MISSING].first
    assert not finding.mended
    assert finding.left is not None and "cannot be decoded" in finding.left


def test_full_disk_is_told_and_mended_when_there_is_room(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    unique_id = plant.done()
    plant.storage.thumbnail_path(unique_id).unlink()

    def refuse(*_: object) -> None:
        raise StorageFull

    with monkeypatch.context() as patched:
        patched.setattr(Storage, "keep_thumbnail", refuse)
        [finding] = plant.check(repair=True).tallies[Kind.THUMBNAIL_MISSING].first
    assert finding.left is not None and "disk is full" in finding.left
    assert_mended(plant, Kind.THUMBNAIL_MISSING)


@pytest.mark.parametrize("repair", [True, False])
def test_upload_deleted_before_it_is_confirmed_is_no_finding(
    plant: Plant, monkeypatch: pytest.MonkeyPatch, repair: bool
) -> None:
    unique_id = plant.done()
    confirm = Mender.confirm

    def delete_first(self: Mender, *arguments: object) -> None:
        delete_upload(unique_id, plant.storage)
        confirm(self, *arguments)  # type: ignore[arg-type]

    plant.result(unique_id).unlink()
    monkeypatch.setattr(Mender, "confirm", delete_first)
    assert plant.found(repair=repair) == {}


def test_result_that_an_inspection_replaces_meanwhile_is_no_finding(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    unique_id = plant.done()
    confirm = Mender.confirm

    def inspect_first(self: Mender, *arguments: object) -> None:
        plant.sql("UPDATE uploads SET attempts = attempts + 1")
        confirm(self, *arguments)  # type: ignore[arg-type]

    plant.result(unique_id).unlink()
    monkeypatch.setattr(Mender, "confirm", inspect_first)
    assert plant.found() == {}


def test_files_that_are_all_gone_cost_no_statement_each(plant: Plant) -> None:
    statements: list[object] = []
    event.listen(db.engine, "after_cursor_execute", lambda *_: statements.append(None))
    counts = []
    for images in (3, 6):
        for _ in range(3):
            plant.done()
        shutil.rmtree(plant.storage.root)
        statements.clear()
        assert plant.check(repair=True).found(Kind.INPUT_MISSING) == images
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_rejected_upload_needs_no_files(plant: Plant) -> None:
    plant.sql(
        "INSERT INTO uploads (img_unique_id, original_filename, size_bytes, status)"
        " VALUES ('20260225_103045_7K3QH2ZD', 'a.txt', 3, 'rejected')"
    )
    assert plant.found(full=True) == {}


def test_more_uploads_than_a_batch_are_all_looked_at(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aoi.verification.records.BATCH", 2)
    monkeypatch.setattr("aoi.verification.strays.BATCH", 2)
    ids = sorted(plant.queued() for _ in range(5))
    for unique_id in ids:
        plant.input(unique_id).unlink()
    report = plant.check()
    assert report.uploads == 5
    assert [finding.subject for finding in report.tallies[Kind.INPUT_MISSING].first] == ids


def test_what_passes_before_the_lock_is_taken_is_no_finding(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    unique_id = plant.queued()
    confirm = Mender.confirm

    def finish_first(self: Mender, *arguments: object) -> None:
        plant.work(unique_id)
        confirm(self, *arguments)  # type: ignore[arg-type]

    plant.drop_job(unique_id)
    monkeypatch.setattr(Mender, "confirm", finish_first)
    assert plant.found(repair=True) == {}
    assert plant.upload(unique_id).status == Status.DONE


def test_interrupted_repair_has_not_happened(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    unique_id = plant.done()
    plant.result(unique_id).unlink()

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        # After the rows are removed and the upload is queued, before its job is.
        patched.setattr("aoi.verification.uploads.defer_batch", die)
        with pytest.raises(KeyboardInterrupt):
            plant.check(repair=True)
    assert plant.upload(unique_id).status == Status.DONE
    assert plant.scalar(IMAGES, id=unique_id) == 1
    assert plant.jobs(unique_id) == 0
    assert_mended(plant, Kind.RESULT_MISSING)
    assert_inspected_again(plant, unique_id)


def test_so_many_lost_results_are_not_mended_unasked(plant: Plant) -> None:
    ids = [plant.done() for _ in range(11)]
    for unique_id in ids:
        plant.result(unique_id).unlink()
    report = plant.check(repair=True)
    assert (report.found(Kind.RESULT_MISSING), report.mended(Kind.RESULT_MISSING)) == (11, 0)
    [finding, *_] = report.tallies[Kind.RESULT_MISSING].first
    assert finding.left is not None and "--many" in finding.left
    assert plant.check(repair=True, many=True).all_right

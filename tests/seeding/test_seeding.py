from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

import numpy as np
import pytest
from flask import Flask
from sqlalchemy import select, text

from aoi import rollups
from aoi.exceptions import Conflict
from aoi.extensions import db
from aoi.ids import is_id
from aoi.models import Batch, DefectClass, Image, Region, Upload
from aoi.recording import ClassTotal, counts
from aoi.seeding import load
from aoi.seeding.pictures import add_pictures
from aoi.seeding.plan import Chunk, Plan, chunks
from aoi.verification import verify

NOON = datetime(2026, 2, 25, 12, tzinfo=UTC)
SCHEMA = """
SELECT indexdef AS made FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT conrelid::regclass || conname || pg_get_constraintdef(oid)
            FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT tgname || tgenabled::text FROM pg_trigger WHERE NOT tgisinternal
ORDER BY 1
"""


def drawn(images: int = 200, batches: int = 4, until: datetime = NOON) -> Iterator[Chunk]:
    return chunks(Plan(images, 30, batches, until), np.random.default_rng(7))


def fill(images: int = 200) -> None:
    list(load.fill(drawn(images)))


def count(table: str) -> int:
    return int(db.session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


def schema() -> list[str]:
    return list(db.session.scalars(text(SCHEMA)))


@pytest.fixture(autouse=True)
def context(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


def test_ids_and_times_are_as_the_agent_makes_them() -> None:
    fill()
    rows = db.session.execute(
        select(Upload, Image).outerjoin(Image, Image.img_unique_id == Upload.img_unique_id)
    ).all()
    assert sum(image is not None for _, image in rows) == 200
    for upload, image in rows:
        assert is_id(upload.img_unique_id)
        assert upload.img_unique_id.startswith(f"{upload.created_at:%Y%m%d_%H%M%S}_")
        assert NOON - timedelta(days=30) <= upload.created_at < NOON
        assert (image is not None) == (upload.status == "done")
        if image is not None:
            assert image.timestamp == upload.created_at < image.created_at
            assert image.input_image_path == upload.input_image_path
    assert [len(batch.batch_id) for batch in db.session.scalars(select(Batch))] == [24] * 4


def test_an_upload_repeats_what_its_classes_and_regions_tell() -> None:
    fill()
    for upload in db.session.scalars(select(Upload).where(Upload.status == "done")):
        classes = db.session.scalars(
            select(DefectClass)
            .where(DefectClass.img_unique_id == upload.img_unique_id)
            .order_by(DefectClass.class_id)
        ).all()
        assert [each.class_id for each in classes] == [1, 2, 3, 4]
        told = [
            ClassTotal(c.class_id, c.class_name, c.total_regions, c.total_area_pixels)
            for c in classes
        ]
        assert counts(told) == (upload.total_defects, upload.defect_classes, upload.class_totals)
    differing = text(
        """
        SELECT count(*) FROM classes
          LEFT JOIN (SELECT class_unique_id, count(*) AS many, sum(area_pixels) AS area,
                            max(region_id) AS last FROM regions GROUP BY 1) AS found
                 USING (class_unique_id)
         WHERE (total_regions, total_area_pixels, total_regions)
               <> (coalesce(many, 0), coalesce(area, 0), coalesce(last, 0))
        """
    )
    assert db.session.scalar(differing) == 0
    assert count("regions") > 500


def test_regions_lie_within_their_boxes_and_boxes_within_the_image() -> None:
    fill()
    for region, image in db.session.execute(
        select(Region, Image).join(Image, Image.img_unique_id == Region.img_unique_id)
    ):
        assert 0 <= region.bbox_x <= region.centroid_x <= region.bbox_x + region.bbox_width
        assert 0 <= region.bbox_y <= region.centroid_y <= region.bbox_y + region.bbox_height
        assert region.bbox_x + region.bbox_width <= image.image_width
        assert region.bbox_y + region.bbox_height <= image.image_height
        assert 0 <= region.circularity <= 1 <= region.aspect_ratio


def test_the_statistics_are_right_after_filling_and_after_adding() -> None:
    fill()
    assert count("daily_totals") > 20
    assert rollups.recount() == []
    list(load.add(drawn(50, until=NOON + timedelta(days=1))))
    load.clean_up()
    assert count("images") == 250
    assert rollups.recount() == []


def test_indexes_constraints_and_triggers_are_made_again_as_they_were() -> None:
    before = schema()
    fill(50)
    assert schema() == before


def test_broken_off_it_has_changed_nothing() -> None:
    def broken() -> Iterator[Chunk]:
        yield from islice(drawn(), 1)
        raise KeyboardInterrupt

    before = schema()
    with pytest.raises(KeyboardInterrupt):
        list(load.fill(broken()))
    db.session.rollback()
    assert (count("images"), count("uploads"), schema()) == (0, 0, before)


def test_refuses_a_database_that_holds_images() -> None:
    fill(10)
    with pytest.raises(Conflict, match="--add"):
        fill(10)
    assert count("images") == 10


def test_images_with_pictures_are_found_right_by_verify(app: Flask) -> None:
    fill(3)
    db.session.execute(text("UPDATE images SET image_width = 320, image_height = 240"))
    db.session.execute(text("UPDATE regions SET bbox_x = bbox_x / 10, bbox_y = bbox_y / 10"))
    db.session.commit()
    storage = app.extensions["aoi_storage"]
    ids = db.session.scalars(select(Image.img_unique_id)).all()
    assert add_pictures(storage, ids, 10**9) == 3
    assert add_pictures(storage, ids, 10**9) == 0
    report = verify(storage, full=True, repair=False)
    assert (report.uploads, report.all_right) == (3, True)
    assert rollups.recount() == []


def test_the_command_tells_how_much_went_in(app: Flask) -> None:
    seeding = ["seed", "--images", "40", "--seed", "1", "--with-files", "0"]
    result = app.test_cli_runner().invoke(args=seeding)
    assert result.exit_code == 0
    assert "Seeded 40 images" in result.output
    again = app.test_cli_runner().invoke(args=seeding)
    assert (again.exit_code, "already holds images" in again.output) == (1, True)

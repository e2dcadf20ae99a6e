"""Uploads as their rows tell of them, a thousand at a time."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select, text
from sqlalchemy.engine import Row

from aoi.extensions import db
from aoi.models import DefectClass, Image, Region, Status, Upload
from aoi.recording import ClassTotal, counts
from aoi.uploads import UNFINISHED

BATCH = 1000

# Job and row are committed together, so an unfinished upload has one at any time.
WITH_JOB = text(
    """
    SELECT queueing_lock FROM procrastinate_jobs
     WHERE status IN ('todo', 'doing') AND queueing_lock = ANY(:ids)
    """
)


@dataclass(frozen=True)
class Record:
    """An upload with what the other tables tell of it."""

    img_unique_id: str
    status: str
    attempts: int
    input_image_path: str | None
    size_bytes: int
    sha256: str | None
    total_defects: int | None
    defect_classes: dict[str, int] | None
    class_totals: list[dict[str, Any]] | None
    seconds_unchanged: float
    has_image: bool
    has_job: bool
    counted: list[ClassTotal]
    missing_regions: int

    @property
    def counts_are_right(self) -> bool:
        """Tell whether the upload repeats what `classes` tells."""
        told = (self.total_defects, self.defect_classes, self.class_totals)
        return told == counts(self.counted)

    @property
    def is_unfinished(self) -> bool:
        return self.status in UNFINISHED


def batches(full: bool) -> Iterator[list[Record]]:
    """Yield all uploads but refused ones, by id; no connection is held in between."""
    last = ""
    while records := _read(_query().where(Upload.img_unique_id > last).limit(BATCH), full):
        db.session.close()
        yield records
        last = records[-1].img_unique_id


def read_one(img_unique_id: str, full: bool) -> Record | None:
    """Return one upload as it stands now, within the session's transaction."""
    records = _read(_query().where(Upload.img_unique_id == img_unique_id), full)
    return records[0] if records else None


def unchanged(seen: Collection[Record]) -> set[str]:
    """Return the uploads that no deletion and no inspection has touched since they were read."""
    query = select(Upload.img_unique_id, Upload.status, Upload.attempts).where(
        Upload.img_unique_id.in_([record.img_unique_id for record in seen])
    )
    now = {tuple(row) for row in db.session.execute(query)}
    db.session.close()
    return {
        record.img_unique_id
        for record in seen
        if (record.img_unique_id, record.status, record.attempts) in now
    }


def lock(img_unique_id: str) -> Upload | None:
    """Lock an upload's row until the transaction ends; None if there is none.

    What is read of it afterwards is a statement of its own: a join in this one would show
    the other tables as they were before the wait for the lock.
    """
    return db.session.scalar(
        select(Upload)
        .where(Upload.img_unique_id == img_unique_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def images_without_upload() -> Iterator[str]:
    """Yield the ids of results whose upload is gone."""
    last = ""
    query = (
        select(Image.img_unique_id, Upload.img_unique_id.is_(None).label("is_alone"))
        .outerjoin(Upload, Upload.img_unique_id == Image.img_unique_id)
        .order_by(Image.img_unique_id)
        .limit(BATCH)
    )
    while rows := db.session.execute(query.where(Image.img_unique_id > last)).all():
        db.session.close()
        yield from (row.img_unique_id for row in rows if row.is_alone)
        last = rows[-1].img_unique_id


def _query() -> Select[*tuple[object, ...]]:
    query: Select[*tuple[object, ...]] = (
        select(
            Upload.img_unique_id,
            Upload.status,
            Upload.attempts,
            Upload.input_image_path,
            Upload.size_bytes,
            Upload.sha256,
            Upload.total_defects,
            Upload.defect_classes,
            Upload.class_totals,
            func.extract("epoch", func.now() - Upload.updated_at).label("seconds_unchanged"),
            Image.img_unique_id.is_not(None).label("has_image"),
        )
        .outerjoin(Image, Image.img_unique_id == Upload.img_unique_id)
        .where(Upload.status != Status.REJECTED)
        .order_by(Upload.img_unique_id)
    )
    return query


def _read(query: Select[*tuple[object, ...]], full: bool) -> list[Record]:
    rows = db.session.execute(query).all()
    with_image = [row.img_unique_id for row in rows if row.has_image]
    with_job = _with_job([row.img_unique_id for row in rows if row.status in UNFINISHED])
    counted = _counted(with_image)
    missing = _missing_regions(with_image) if full else {}
    return [_record(row, with_job, counted, missing) for row in rows]


def _record(
    row: Row[*tuple[object, ...]],
    with_job: set[str],
    counted: dict[str, list[ClassTotal]],
    missing: dict[str, int],
) -> Record:
    return Record(
        img_unique_id=row.img_unique_id,
        status=row.status,
        attempts=row.attempts,
        input_image_path=row.input_image_path,
        size_bytes=row.size_bytes,
        sha256=row.sha256,
        total_defects=row.total_defects,
        defect_classes=row.defect_classes,
        class_totals=row.class_totals,
        seconds_unchanged=float(row.seconds_unchanged),
        has_image=row.has_image,
        has_job=row.img_unique_id in with_job,
        counted=counted.get(row.img_unique_id, []),
        missing_regions=missing.get(row.img_unique_id, 0),
    )


def _with_job(ids: Sequence[str]) -> set[str]:
    return set(db.session.scalars(WITH_JOB, {"ids": list(ids)})) if ids else set()


def _counted(ids: Sequence[str]) -> dict[str, list[ClassTotal]]:
    """Return what each class has, in the order of the classes, as `classes` tells it."""
    found: dict[str, list[ClassTotal]] = defaultdict(list)
    query = (
        select(
            DefectClass.img_unique_id,
            DefectClass.class_id,
            DefectClass.class_name,
            DefectClass.total_regions,
            DefectClass.total_area_pixels,
        )
        .where(DefectClass.img_unique_id.in_(ids))
        .order_by(DefectClass.class_id)
    )
    for img_unique_id, number, name, regions, area in db.session.execute(query):
        found[img_unique_id].append(ClassTotal(number, name, regions, area))
    return found


def _missing_regions(ids: Sequence[str]) -> dict[str, int]:
    """Return how many regions fewer, or more, there are than `classes` tells of."""
    told = Counter[str]()
    there = Counter[str]()
    owner: dict[str, str] = {}
    for image, unique_id, regions in db.session.execute(
        select(
            DefectClass.img_unique_id, DefectClass.class_unique_id, DefectClass.total_regions
        ).where(DefectClass.img_unique_id.in_(ids))
    ):
        owner[unique_id], told[unique_id] = image, regions
    for unique_id, regions in db.session.execute(
        select(Region.class_unique_id, func.count())
        .where(Region.img_unique_id.in_(ids))
        .group_by(Region.class_unique_id)
    ):
        there[unique_id] = regions
    missing = Counter[str]()
    for unique_id, image in owner.items():
        missing[image] += abs(told[unique_id] - there[unique_id])
    return dict(missing)

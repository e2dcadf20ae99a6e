"""The tables. `images`, `classes`, `regions` are the plant's own schema: change no column."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from aoi.extensions import Model

ID = String(255)
PATH = String(500)


class Status(StrEnum):
    """The states of an upload."""

    QUEUED = "queued"
    PROCESSING = "processing"
    DONE = "done"
    FAILED = "failed"
    REJECTED = "rejected"


class Image(Model):
    """An inspected image; paths are relative to the data folder."""

    __tablename__ = "images"
    __table_args__ = (Index("ix_images_timestamp_img_unique_id", "timestamp", "img_unique_id"),)

    img_unique_id: Mapped[str] = mapped_column(ID, primary_key=True)
    image_height: Mapped[int]
    image_width: Mapped[int]
    processing_time_seconds: Mapped[float]
    timestamp: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    input_image_path: Mapped[str] = mapped_column(PATH)
    result_image_1_path: Mapped[str | None] = mapped_column(PATH)
    result_image_2_path: Mapped[str | None] = mapped_column(PATH)
    result_image_3_path: Mapped[str | None] = mapped_column(PATH)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class DefectClass(Model):
    """One class of one image, also when it has no region."""

    __tablename__ = "classes"

    class_unique_id: Mapped[str] = mapped_column(ID, primary_key=True)
    img_unique_id: Mapped[str] = mapped_column(
        ID, ForeignKey("images.img_unique_id", ondelete="CASCADE"), index=True
    )
    class_id: Mapped[int] = mapped_column(index=True)
    class_name: Mapped[str] = mapped_column(String(100))
    total_regions: Mapped[int]
    total_area_pixels: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Region(Model):
    """One region of one class: pixels, as the service measured them."""

    __tablename__ = "regions"

    region_unique_id: Mapped[str] = mapped_column(ID, primary_key=True)
    class_unique_id: Mapped[str] = mapped_column(
        ID, ForeignKey("classes.class_unique_id", ondelete="CASCADE"), index=True
    )
    img_unique_id: Mapped[str] = mapped_column(
        ID, ForeignKey("images.img_unique_id", ondelete="CASCADE"), index=True
    )
    region_id: Mapped[int] = mapped_column(index=True)
    centroid_x: Mapped[float]
    centroid_y: Mapped[float]
    bbox_x: Mapped[int]
    bbox_y: Mapped[int]
    bbox_width: Mapped[int]
    bbox_height: Mapped[int]
    area_pixels: Mapped[int]
    perimeter: Mapped[float]
    major_axis: Mapped[float]
    minor_axis: Mapped[float]
    circularity: Mapped[float]
    aspect_ratio: Mapped[float]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Batch(Model):
    """Images sent together; its state and counts follow from its uploads."""

    __tablename__ = "batches"

    batch_id: Mapped[str] = mapped_column(ID, primary_key=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Upload(Model):
    """The intake record of one file: where it stands, and what came of it.

    A rejected file has a row, so that its batch can tell of it, but neither input nor hash.
    The counts repeat what `classes` tells, so that lists need no aggregation.
    """

    __tablename__ = "uploads"
    __table_args__ = (
        Index("ix_uploads_created_at_img_unique_id", "created_at", "img_unique_id"),
        Index("ix_uploads_batch_id_position", "batch_id", "position"),
        # Only a few rows are ever in these states: what is waiting, and what needs a hand.
        Index(
            "ix_uploads_status_created_at",
            "status",
            "created_at",
            postgresql_where=text("status <> 'done'"),
        ),
    )

    img_unique_id: Mapped[str] = mapped_column(ID, primary_key=True)
    batch_id: Mapped[str | None] = mapped_column(
        ID, ForeignKey("batches.batch_id", ondelete="CASCADE")
    )
    position: Mapped[int | None]
    original_filename: Mapped[str] = mapped_column(Text)
    size_bytes: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str | None] = mapped_column(String(64))
    input_image_path: Mapped[str | None] = mapped_column(PATH)
    status: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int] = mapped_column(server_default=text("0"), default=0)
    # Runs in a row that ended without a word: their worker was killed.
    interruptions: Mapped[int] = mapped_column(server_default=text("0"), default=0)
    # Runs that were put back because SegFormer as a whole, or the disk, gave out.
    postponements: Mapped[int] = mapped_column(server_default=text("0"), default=0)
    error: Mapped[str | None] = mapped_column(Text)
    error_code: Mapped[str | None] = mapped_column(String(32))
    model_version: Mapped[str | None] = mapped_column(ID)
    total_defects: Mapped[int | None]
    # JSON rather than JSONB: it keeps the classes in their order.
    defect_classes: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    # The roll-ups follow from it: class_id, class_name, regions, area_pixels of each class.
    class_totals: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))
    processing_time_seconds: Mapped[float | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class DailyTotals(Model):
    """The results of one day (UTC), kept by a trigger on `uploads` in each transaction.

    The median and the 95th percentile are filled in when they are asked for, and emptied by
    the next change.
    """

    __tablename__ = "daily_totals"

    day: Mapped[date] = mapped_column(primary_key=True)
    images: Mapped[int] = mapped_column(BigInteger)
    images_with_defects: Mapped[int] = mapped_column(BigInteger)
    defects: Mapped[int] = mapped_column(BigInteger)
    # Not a float: sums that are added to and taken from for years stay exact.
    processing_seconds: Mapped[Decimal]
    median_seconds: Mapped[float | None]
    p95_seconds: Mapped[float | None]
    changes: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))


class DailyClass(Model):
    """The regions of one class on one day (UTC), kept with DailyTotals."""

    __tablename__ = "daily_classes"

    day: Mapped[date] = mapped_column(primary_key=True)
    class_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    class_name: Mapped[str] = mapped_column(String(100), primary_key=True)
    # All that were looked at for this class, and those in which it was found.
    inspected: Mapped[int] = mapped_column(BigInteger)
    images: Mapped[int] = mapped_column(BigInteger)
    regions: Mapped[int] = mapped_column(BigInteger)
    area_pixels: Mapped[int] = mapped_column(BigInteger)


class ResultLog(Model):
    """How often results have changed; one row, locked by each change until its commit.

    `result_changes` is whole after `cleared_version`. Versions of another epoch say nothing.
    """

    __tablename__ = "result_log"

    log_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(BigInteger)
    cleared_version: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    epoch: Mapped[UUID] = mapped_column(server_default=text("gen_random_uuid()"))


class ResultChange(Model):
    """An image whose result came, changed or went, with the version that did it."""

    __tablename__ = "result_changes"

    version: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    img_unique_id: Mapped[str] = mapped_column(ID, primary_key=True)


class ServiceOutage(Model):
    """What all workers know of SegFormer's last outage; one row at most."""

    __tablename__ = "service_outages"

    outage_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    since: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    error: Mapped[str] = mapped_column(Text)
    error_code: Mapped[str] = mapped_column(String(32))
    probe_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    wait_seconds: Mapped[float]


class IdempotencyKey(Model):
    """A client's key and what it got; it goes when that is deleted."""

    __tablename__ = "idempotency_keys"

    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    img_unique_id: Mapped[str | None] = mapped_column(
        ID, ForeignKey("uploads.img_unique_id", ondelete="CASCADE"), index=True
    )
    batch_id: Mapped[str | None] = mapped_column(
        ID, ForeignKey("batches.batch_id", ondelete="CASCADE"), index=True
    )
    # Until then the first request may still be waiting for its answer.
    held_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Removal(Model):
    """An upload whose rows are deleted and whose files are still to be removed.

    It comes in the transaction that deletes the rows: whatever dies next, the files go too.
    """

    __tablename__ = "removals"

    img_unique_id: Mapped[str] = mapped_column(ID, primary_key=True)
    input_image_path: Mapped[str | None] = mapped_column(PATH)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

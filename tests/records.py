"""Rows of inspected images, put straight into the tables: faster than inspecting."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Flask

from aoi.extensions import db
from aoi.ids import new_id
from aoi.models import DefectClass, Image, Region, Status, Upload

NUMBERS = {"PI_Particle": 1, "PR_Peeling": 2, "Copper_Nodule": 3, "Env_Particle": 4}
NOON = datetime(2026, 2, 25, 12, tzinfo=UTC)


def add_image(
    app: Flask,
    moment: datetime = NOON,
    name: str = "panel.png",
    **areas: list[int],
) -> str:
    """Add an image with a region for each of the `areas` of a class; return its id."""
    unique_id = new_id(moment)
    counts = {name: len(of_class) for name, of_class in areas.items() if of_class}
    upload = Upload(
        img_unique_id=unique_id,
        original_filename=name,
        size_bytes=1,
        sha256="0" * 64,
        input_image_path=f"uploads/20260225/{unique_id}_panel.png",
        status=Status.DONE,
        total_defects=sum(counts.values()),
        defect_classes=counts,
        class_totals=[
            {
                "class_id": number,
                "class_name": name,
                "regions": len(areas.get(name, [])),
                "area_pixels": sum(areas.get(name, [])),
            }
            for name, number in NUMBERS.items()
        ],
        processing_time_seconds=0.5,
        created_at=moment,
        updated_at=moment,
    )
    image = Image(
        img_unique_id=unique_id,
        image_height=48,
        image_width=64,
        processing_time_seconds=0.5,
        timestamp=moment,
        input_image_path=upload.input_image_path,
    )
    with app.app_context():
        db.session.add_all([upload, image])
        db.session.flush()
        for class_name, number in NUMBERS.items():
            _add_class(unique_id, class_name, number, areas.get(class_name, []))
        db.session.commit()
        db.session.remove()
    return unique_id


def _add_class(unique_id: str, class_name: str, number: int, areas: list[int]) -> None:
    key = f"{unique_id}_{number}"
    db.session.add(
        DefectClass(
            class_unique_id=key,
            img_unique_id=unique_id,
            class_id=number,
            class_name=class_name,
            total_regions=len(areas),
            total_area_pixels=sum(areas),
        )
    )
    db.session.flush()
    db.session.add_all(_region(unique_id, key, n, area) for n, area in enumerate(areas, 1))


def _region(unique_id: str, key: str, number: int, area: int) -> Region:
    measures: dict[str, Any] = dict.fromkeys(("perimeter", "major_axis", "minor_axis"), 4.0)
    return Region(
        region_unique_id=f"{key}_{number}",
        class_unique_id=key,
        img_unique_id=unique_id,
        region_id=number,
        centroid_x=1.5,
        centroid_y=2.5,
        bbox_x=1,
        bbox_y=2,
        bbox_width=3,
        bbox_height=4,
        area_pixels=area,
        circularity=area / 100,
        aspect_ratio=1 + area / 10,
        **measures,
    )

"""Figures over all results, or those of a range, from the daily roll-ups."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from aoi.daily import DAY, beginning_of, day_classes, day_totals, days_between, first_moment
from aoi.exceptions import BadParameter
from aoi.extensions import db, read_one_moment
from aoi.models import DailyClass, DailyTotals, Status, Upload

RECENT_DAYS = 7
NOTHING: Mapping[str, Any] = {
    "images": 0,
    "images_with_defects": 0,
    "defects": 0,
    "median_seconds": None,
    "p95_seconds": None,
}
# A list of more days is a mistake, or an attack.
MAX_DAYS = 3660


def totals() -> dict[str, Any]:
    """Return the figures of GET /stats, but for those of the disk."""
    read_one_moment()
    images, seconds = db.session.execute(
        select(func.sum(DailyTotals.images), func.sum(DailyTotals.processing_seconds))
    ).one()
    by_class = db.session.execute(
        select(DailyClass.class_name, func.sum(DailyClass.regions))
        .group_by(DailyClass.class_name)
        .having(func.sum(DailyClass.inspected) > 0)
        .order_by(func.min(DailyClass.class_id), DailyClass.class_name)
    ).all()
    counts = {name: int(count) for name, count in by_class}
    return {
        "total_images": int(images or 0),
        "total_defects": sum(counts.values()),
        "defects_by_class": counts,
        "recent_uploads": _recent_uploads(),
        "uploads_by_status": uploads_by_status(int(images or 0)),
        "average_processing_time_seconds": float(seconds / images) if images else None,
    }


def done_uploads() -> int:
    """Return how many uploads are done: as many as there are inspected images."""
    return int(db.session.scalar(select(func.sum(DailyTotals.images))) or 0)


def uploads_by_status(done: int) -> dict[str, int]:
    """Count the uploads by state; those not done are few and have an index."""
    others = db.session.execute(
        select(Upload.status, func.count())
        .where(Upload.status != Status.DONE)
        .group_by(Upload.status)
    )
    counts = {state.value: 0 for state in Status} | {"done": done}
    counts.update((status, count) for status, count in others)
    return counts


def _recent_uploads() -> int:
    since = datetime.now(UTC) - timedelta(days=RECENT_DAYS)
    query = select(func.count()).select_from(Upload).where(Upload.created_at >= since)
    return int(db.session.scalar(query) or 0)


def daily(start: datetime | None, end: datetime | None) -> list[dict[str, Any]]:
    """Return the figures of each day (UTC) from `start` to before `end`.

    Without `start` from the first day with an image on, without `end` to today.
    """
    read_one_moment()
    start = start or first_moment()
    end = end or beginning_of(datetime.now(UTC).date() + DAY)
    if (end - start).days > MAX_DAYS:
        raise BadParameter(
            "start_date", f"At most {MAX_DAYS} days are told at once. Ask for a shorter range."
        )
    totals = {each["day"]: each for each in day_totals(start, end)}
    defects: dict[date, dict[str, int]] = defaultdict(dict)
    areas: dict[date, dict[str, int]] = defaultdict(dict)
    for day, _, name, _, regions, area in day_classes(start, end):
        defects[day][name] = defects[day].get(name, 0) + regions
        areas[day][name] = areas[day].get(name, 0) + area
    return [
        _day(day, totals.get(day, NOTHING), defects.get(day, {}), areas.get(day, {}))
        for day in days_between(start, end)
    ]


def _day(
    day: date, total: Mapping[str, Any], defects: dict[str, int], areas: dict[str, int]
) -> dict[str, Any]:
    return {
        "date": day.isoformat(),
        "images": total["images"],
        "images_with_defects": total["images_with_defects"],
        "defects": int(total["defects"]),
        "defects_by_class": defects,
        "area_by_class": areas,
        "median_processing_time_seconds": total["median_seconds"],
        "p95_processing_time_seconds": total["p95_seconds"],
    }


def pareto(start: datetime | None, end: datetime | None) -> dict[str, Any]:
    """Return regions, area and images by class, most regions first, with their shares."""
    read_one_moment()
    start = start or first_moment()
    end = end or beginning_of(date.max)
    found: dict[tuple[int, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for _, class_id, name, images, regions, area in day_classes(start, end):
        sums = found[class_id, name]
        for place, value in enumerate((regions, area, images)):
            sums[place] += value
    total = sum(regions for regions, _, _ in found.values())
    classes, reached = [], 0
    for (class_id, name), (regions, area, images) in sorted(
        found.items(), key=lambda item: (-item[1][0], item[0])
    ):
        reached += regions
        classes.append(
            {
                "class_id": class_id,
                "class_name": name,
                "regions": regions,
                "area_pixels": area,
                "images": images,
                "share": regions / total,
                "cumulative_share": reached / total,
            }
        )
    return {"total_regions": total, "classes": classes}

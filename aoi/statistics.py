"""Figures over all results, or those of a range, from the daily roll-ups."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import func, select, text

from aoi.exceptions import BadParameter
from aoi.extensions import db, read_one_moment
from aoi.models import DailyClass, DailyTotals, Status, Upload

RECENT_DAYS = 7
DAY = timedelta(days=1)

CLASSES = text(
    """
    SELECT day, class_id, class_name, images, regions, area_pixels FROM daily_classes
     WHERE day >= :first AND day < :end AND regions > 0
     ORDER BY day, class_id, class_name
    """
)
NOTHING: Mapping[str, Any] = {
    "images": 0,
    "images_with_defects": 0,
    "defects": 0,
    "median_seconds": None,
    "p95_seconds": None,
}
# Of days of which a part is asked for: a day has a few thousand uploads.
PART_TOTALS = text(
    """
    SELECT (created_at AT TIME ZONE 'UTC')::date AS day, count(*) AS images,
           count(*) FILTER (WHERE total_defects > 0) AS images_with_defects,
           sum(total_defects) AS defects,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY processing_time_seconds)
               AS median_seconds,
           percentile_cont(0.95) WITHIN GROUP (ORDER BY processing_time_seconds) AS p95_seconds
      FROM uploads
     WHERE status = 'done' AND created_at >= :start AND created_at < :end
     GROUP BY 1
    """
)
PART_CLASSES = text(
    """
    SELECT (created_at AT TIME ZONE 'UTC')::date AS day, of_class.class_id, of_class.class_name,
           count(*) FILTER (WHERE of_class.regions > 0) AS images,
           sum(of_class.regions)::bigint AS regions,
           sum(of_class.area_pixels)::bigint AS area_pixels
      FROM uploads
     CROSS JOIN LATERAL json_to_recordset(class_totals)
           AS of_class(class_id integer, class_name varchar, regions integer, area_pixels bigint)
     WHERE status = 'done' AND created_at >= :start AND created_at < :end
     GROUP BY 1, 2, 3 HAVING sum(of_class.regions) > 0
     ORDER BY 1, 2, 3
    """
)
# Of days that changed since somebody last asked.
QUANTILES = text(
    """
    SELECT totals.day, totals.changes,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY processing_time_seconds)
               AS median_seconds,
           percentile_cont(0.95) WITHIN GROUP (ORDER BY processing_time_seconds) AS p95_seconds
      FROM daily_totals AS totals
      JOIN uploads ON uploads.status = 'done'
       AND uploads.created_at >= totals.day::timestamp AT TIME ZONE 'UTC'
       AND uploads.created_at < (totals.day + 1)::timestamp AT TIME ZONE 'UTC'
     WHERE totals.day = ANY(:days)
     GROUP BY totals.day, totals.changes
    """
)
KEEP_QUANTILES = text(
    """
    UPDATE daily_totals SET median_seconds = :median_seconds, p95_seconds = :p95_seconds
     WHERE day = :day AND changes = :changes
    """
)
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
    start = start or _first_moment()
    end = end or _as_moment(datetime.now(UTC).date() + DAY)
    if (end - start).days > MAX_DAYS:
        raise BadParameter(
            "start_date", f"At most {MAX_DAYS} days are told at once. Ask for a shorter range."
        )
    totals = {each["day"]: each for each in _totals(start, end)}
    defects: dict[date, dict[str, int]] = defaultdict(dict)
    areas: dict[date, dict[str, int]] = defaultdict(dict)
    for day, _, name, _, regions, area in _classes(start, end):
        defects[day][name] = defects[day].get(name, 0) + regions
        areas[day][name] = areas[day].get(name, 0) + area
    return [
        _day(day, totals.get(day, NOTHING), defects.get(day, {}), areas.get(day, {}))
        for day in _days(start, end)
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
    start = start or _first_moment()
    end = end or _as_moment(date.max)
    found: dict[tuple[int, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for _, class_id, name, images, regions, area in _classes(start, end):
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


def _first_moment() -> datetime:
    day = db.session.scalar(select(func.min(DailyTotals.day)).where(DailyTotals.images > 0))
    return _as_moment(day or datetime.now(UTC).date())


def _totals(start: datetime, end: datetime) -> Iterator[Any]:
    first, after = _whole_days(start, end)
    if first < after:
        columns = DailyTotals.__table__.c
        rows = (
            db.session.execute(
                select(*columns).where(
                    columns.day >= first, columns.day < after, columns.images > 0
                )
            )
            .mappings()
            .all()
        )
        quantiles = _quantiles([row["day"] for row in rows if row["median_seconds"] is None])
        yield from ({**row, **quantiles[row["day"]]} if row["day"] in quantiles else row
                    for row in rows)  # fmt: skip
    for part in _parts(start, end):
        yield from db.session.execute(PART_TOTALS, part).mappings()


def _quantiles(days: list[date]) -> dict[date, dict[str, Any]]:
    """Compute the quantiles of `days`, and keep them for who asks next."""
    if not days:
        return {}
    rows = [dict(row._mapping) for row in db.session.execute(QUANTILES, {"days": days})]
    if rows:
        with db.engine.begin() as connection:
            # Lost with a crash, they are computed again.
            connection.exec_driver_sql("SET LOCAL synchronous_commit TO off")
            connection.execute(KEEP_QUANTILES, rows)
    return {row["day"]: row for row in rows}


def _classes(start: datetime, end: datetime) -> Iterator[Any]:
    """Yield day, class_id, class_name, images, regions and area_pixels, day by day."""
    first, after = _whole_days(start, end)
    if first < after:
        yield from db.session.execute(CLASSES, {"first": first, "end": after})
    for part in _parts(start, end):
        yield from db.session.execute(PART_CLASSES, part)


def _whole_days(start: datetime, end: datetime) -> tuple[date, date]:
    """Return the first day that lies wholly in the range, and the one after the last."""
    if start == _midnight(start):
        return start.date(), end.date()
    # No day follows the calendar's last one, of which the range holds a part.
    return min(start.date(), date.max - DAY) + DAY, end.date()


def _parts(start: datetime, end: datetime) -> list[dict[str, datetime]]:
    """Return the ranges of the days that lie in it in part: none, one or two."""
    if start >= end:
        return []
    if start.date() == end.date():
        return [{"start": start, "end": end}]
    parts = []
    if start != _midnight(start):
        parts.append({"start": start, "end": _midnight(start) + DAY})
    if end != _midnight(end):
        parts.append({"start": _midnight(end), "end": end})
    return parts


def _midnight(moment: datetime) -> datetime:
    return _as_moment(moment.date())


def _days(start: datetime, end: datetime) -> Iterator[date]:
    last = end.date() if end != _midnight(end) else end.date() - DAY
    for number in range((last - start.date()).days + 1):
        yield start.date() + number * DAY


def _as_moment(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)

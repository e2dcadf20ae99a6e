"""The daily roll-ups of a range of time, days of which only a part lies in it included."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import func, select, text

from aoi.extensions import db
from aoi.models import DailyTotals

DAY = timedelta(days=1)

CLASSES = text(
    """
    SELECT day, class_id, class_name, images, regions, area_pixels FROM daily_classes
     WHERE day >= :first AND day < :end AND regions > 0
     ORDER BY day, class_id, class_name
    """
)
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


def first_moment() -> datetime:
    """Return the beginning of the first day with a result; today's where there is none."""
    day = db.session.scalar(select(func.min(DailyTotals.day)).where(DailyTotals.images > 0))
    return beginning_of(day or datetime.now(UTC).date())


def day_totals(start: datetime, end: datetime) -> Iterator[Any]:
    """Yield day, images, images_with_defects, defects, median_seconds and p95_seconds by day."""
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


def day_classes(start: datetime, end: datetime) -> Iterator[Any]:
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
    return beginning_of(moment.date())


def days_between(start: datetime, end: datetime) -> Iterator[date]:
    """Yield the days from that of `start` to the last one that begins before `end`."""
    last = end.date() if end != _midnight(end) else end.date() - DAY
    for number in range((last - start.date()).days + 1):
        yield start.date() + number * DAY


def beginning_of(day: date) -> datetime:
    """Return the midnight, in UTC, at which a day begins."""
    return datetime.combine(day, time(), UTC)

"""What is searched for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
MEASURES = ("area", "circularity", "aspect_ratio")


def microseconds(moment: datetime) -> int:
    """Return the microseconds since 1970."""
    return (moment - EPOCH) // MICROSECOND


def moment(time: int) -> datetime:
    """Return the moment of microseconds since 1970."""
    return EPOCH + time * MICROSECOND


@dataclass(frozen=True)
class Filters:
    """All that the contract's lists can be filtered by; None, or nothing, lets all through."""

    start: datetime | None = None
    end: datetime | None = None
    class_names: tuple[str, ...] = ()
    batch_id: str | None = None
    image_ids: tuple[str, ...] | None = None
    defects: tuple[int | None, int | None] = (None, None)
    filename: str | None = None
    measures: tuple[tuple[str, float | None, float | None], ...] = ()

    @classmethod
    def of(cls, arguments: dict[str, Any]) -> Filters:
        """Read the arguments of ImagesQuery, DefectFilters, and `ids`."""
        names = arguments.get("class_name") or ()
        ids = arguments.get("ids")
        if (unique_id := arguments.get("img_unique_id")) is not None:
            ids = [unique_id]
        return cls(
            start=arguments.get("start_date"),
            end=arguments.get("end_date"),
            class_names=(names,) if isinstance(names, str) else tuple(names),
            batch_id=arguments.get("batch_id"),
            image_ids=None if ids is None else tuple(ids),
            defects=(arguments.get("min_defects"), arguments.get("max_defects")),
            filename=arguments.get("filename") or None,
            measures=tuple(
                (name, low, high)
                for name in MEASURES
                for low, high in [(arguments.get(f"min_{name}"), arguments.get(f"max_{name}"))]
                if (low, high) != (None, None)
            ),
        )

"""Fields with the contract's own forms."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

from marshmallow import ValidationError, fields

from aoi.times import utc_text

NOT_A_MOMENT = "Not a date (2026-02-25) or date-time (2026-02-25T10:30:00Z)."
# `+08:00` as a URL means it where nobody wrote %2B; a time of day stands before it.
_SPACE_FOR_PLUS = re.compile(r"(:\d\d(?:\.\d+)?) (\d\d:?\d\d)$")
LAST = datetime.max.replace(tzinfo=UTC)


class UtcDateTime(fields.DateTime):
    """A point in time; without zone it is UTC."""

    def _serialize(self, value: Any, *_: Any, **__: Any) -> str | None:
        return None if value is None else utc_text(value)


class Moment(fields.Field[datetime]):
    """A bound of a range of time: a date, or a date-time; without zone it is UTC.

    With `is_end` it becomes the first moment after it, so that `<` includes the whole day, or the
    whole millisecond: answers show no more of a time.
    """

    def __init__(self, *, is_end: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.is_end = is_end

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> datetime:
        try:
            moment = datetime.fromisoformat(_SPACE_FOR_PLUS.sub(r"\1+\2", value))
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=UTC)
            moment = moment.astimezone(UTC)
        except (ValueError, OverflowError, TypeError) as err:
            raise ValidationError(NOT_A_MOMENT) from err
        if not self.is_end:
            return moment
        if _is_date(value):
            return _later(moment, timedelta(days=1))
        return _later(moment, timedelta(microseconds=1000 - moment.microsecond % 1000))


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _later(moment: datetime, step: timedelta) -> datetime:
    return LAST if LAST - moment < step else moment + step


class Text(fields.String):
    """Text that PostgreSQL can store: without NUL."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, *args, **kwargs))
        if "\x00" in text:
            raise ValidationError("Must not contain a NUL character.")
        return text

"""The kinds of values in SegFormer's answer, strictly as JSON has them."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields

from aoi.segformer.png import size_of

INT4_MAX = 2**31 - 1  # what the tables' integer columns hold
MEASURE_MAX = 1e300  # beyond any length, short of infinity


class Whole(fields.Field[int]):
    """A whole number that the tables' integer columns hold; no bool, no text, no 5.0."""

    def __init__(self, least: int = 0, **options: Any) -> None:
        super().__init__(required=True, **options)
        self.least = least

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        if type(value) is not int:
            raise ValidationError("must be a whole number")
        if not self.least <= value <= INT4_MAX:
            raise ValidationError(f"must be from {self.least} to {INT4_MAX}")
        return value


class Measure(fields.Field[float]):
    """A finite number, zero or more; no bool, no text."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=True, **options)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> float:
        if type(value) not in (int, float):
            raise ValidationError("must be a number")
        if not 0 <= value <= MEASURE_MAX:
            raise ValidationError("must be a finite number, zero or more")
        return float(value)


class Png(fields.Field[bytes]):
    """A whole PNG file, already decoded from its base64."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bytes:
        if not isinstance(value, bytes):
            raise ValidationError("must be a text of base64")
        if size_of(value) is None:
            raise ValidationError("must be a whole PNG file")
        return value

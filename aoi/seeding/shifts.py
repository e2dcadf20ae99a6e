"""When panels are photographed: by shift and weekday, more of some days than of others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from aoi.ids import CROCKFORD

HOUR = np.timedelta64(3_600_000_000, "us")
# Monday to Sunday.
BY_WEEKDAY = np.array([1.0, 1.05, 1.05, 1.0, 0.95, 0.5, 0.25])
# Early, late and night shift.
BY_HOUR = np.repeat([0.45, 1.0, 0.8, 0.45], [6, 8, 8, 2])
DAY_SPREAD = 0.15
# Images of a chunk: few enough for the memory, enough for numpy.
CHUNK = 5_000
ALPHABET = np.frombuffer(CROCKFORD.encode(), np.uint8)

Moments = NDArray[np.datetime64]


@dataclass(frozen=True)
class Stretch:
    """Some hours in a row, the first of them numbered `hour`, with the images of each.

    `first` is the number of the first image.
    """

    start: np.datetime64
    hour: int
    hours: NDArray[np.int64]
    first: int

    @property
    def images(self) -> int:
        return int(self.hours.sum())


def stretches(
    images: int, days: int, until: datetime, dice: np.random.Generator
) -> Iterator[Stretch]:
    """Yield the `days` before `until` in stretches with `images` images in all."""
    start = np.datetime64(until.astimezone(UTC).replace(tzinfo=None), "us") - 24 * days * HOUR
    counts = dice.multinomial(images, _weights(start, 24 * days, dice))
    begin = done = 0
    for end in range(1, len(counts) + 1):
        brought = int(counts[begin:end].sum())
        if brought >= CHUNK or (brought and end == len(counts)):
            yield Stretch(start + begin * HOUR, begin, counts[begin:end], done)
            begin, done = end, done + brought


def _weights(start: np.datetime64, hours: int, dice: np.random.Generator) -> NDArray[np.float64]:
    moments = start + np.arange(hours) * HOUR
    days = moments.astype("M8[D]").astype(np.int64)
    # Day 0 was a Thursday.
    weights = BY_WEEKDAY[(days + 3) % 7] * BY_HOUR[moments.astype("M8[h]").astype(np.int64) % 24]
    weights *= dice.lognormal(0, DAY_SPREAD, days[-1] - days[0] + 1)[days - days[0]]
    return np.asarray(weights / weights.sum(), np.float64)


def moments_in(stretch: Stretch, extra: int, dice: np.random.Generator) -> Moments:
    """Return when the images of a stretch, and `extra` uploads more, came in; in order."""
    hours = np.repeat(np.arange(len(stretch.hours)), stretch.hours)
    hours = np.concatenate([hours, dice.choice(hours, extra)])
    offsets = np.sort((hours + dice.random(len(hours))) * 3_600_000_000)
    return np.asarray(stretch.start + offsets.astype("m8[us]"))


def ids_at(moments: Moments, dice: np.random.Generator) -> NDArray[np.bytes_]:
    """Return ids as `aoi.ids.new_id` makes them, one for each moment."""
    seconds = np.datetime_as_string(moments, unit="s").astype("S19")
    told = seconds.view(np.uint8).reshape(-1, 19)
    ids = np.full((len(moments), 24), ord("_"), np.uint8)
    ids[:, 0:8] = told[:, [0, 1, 2, 3, 5, 6, 8, 9]]
    ids[:, 9:15] = told[:, [11, 12, 14, 15, 17, 18]]
    ids[:, 16:24] = ALPHABET[dice.integers(0, 32, (len(moments), 8))]
    return ids.view("S24").reshape(-1)

"""Whether a series grows: the median of all slopes (Theil and Sen), with its bounds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

WARM_UP_SECONDS, WARM_UP_MOST = 300.0, 0.5  # at most so much of a short run
FEWEST_SAMPLES = 8
NORMAL_95 = 1.96


@dataclass(frozen=True)
class Growth:
    """`rise` is what the slope makes of the judged time, `least` the same for its lower bound."""

    median: float
    rise: float
    least: float
    per_hour: float

    def exceeds(self, share: float, amount: float) -> bool:
        """Tell whether it surely rises, and by more than `share` of the median and `amount`."""
        return self.least > 0 and self.rise > max(share * self.median, amount)


def warm_up(seconds: float) -> float:
    """Return how much of a run of `seconds` is not judged: pools fill, caches grow."""
    return min(WARM_UP_SECONDS, WARM_UP_MOST * seconds)


def judge(seconds: Sequence[float], values: Sequence[float]) -> Growth | None:
    """Judge a series after its warm-up; None where there are too few samples."""
    start = warm_up(seconds[-1]) if seconds else 0
    kept = [(x, y) for x, y in zip(seconds, values, strict=True) if x >= start]
    if len(kept) < FEWEST_SAMPLES:
        return None
    x, y = (np.array(column, float) for column in zip(*kept, strict=True))
    first, second = np.triu_indices(len(x), 1)
    slopes = np.sort((y[second] - y[first]) / (x[second] - x[first]))
    # Sen (1968): the ranks of the bounds, from the spread of Kendall's statistic.
    count = len(x)
    spread = NORMAL_95 * math.sqrt(count * (count - 1) * (2 * count + 5) / 18)
    lower = slopes[max(0, int((len(slopes) - spread) / 2))]
    slope, duration = float(np.median(slopes)), float(x[-1] - x[0])
    return Growth(float(np.median(y)), slope * duration, float(lower) * duration, slope * 3600)

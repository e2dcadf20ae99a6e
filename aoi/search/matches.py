"""The rows that match: how many, how many before a place, and which are the n-th."""

from __future__ import annotations

import numpy as np

from aoi.search.segment import Array

BLOCK = 1 << 16


class Matches:
    """Rows `first` to `first` + len(mask) of a segment, those that match marked."""

    def __init__(self, first: int, mask: Array) -> None:
        self._first = first
        self._mask = mask
        # Block by block, so that no list of all matching rows is ever made.
        counts = [np.count_nonzero(mask[n : n + BLOCK]) for n in range(0, len(mask), BLOCK)]
        self._before = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)])
        self.total = int(self._before[-1])

    def below(self, row: int) -> int:
        """Return how many matches there are before `row`."""
        at = min(max(row - self._first, 0), len(self._mask))
        block = at // BLOCK
        rest = np.count_nonzero(self._mask[block * BLOCK : at])
        return int(self._before[block]) + int(rest)

    def rows(self, first: int, last: int) -> Array:
        """Return the rows of the matches from the `first`-th to before the `last`-th."""
        found = [np.empty(0, np.int64)]
        block = int(np.searchsorted(self._before, first, side="right")) - 1
        while first < last:
            start = block * BLOCK
            within = np.flatnonzero(self._mask[start : start + BLOCK]) + start
            skipped = int(self._before[block])
            found.append(within[first - skipped : last - skipped])
            first = int(self._before[block + 1])
            block += 1
        return np.concatenate(found) + self._first

    def of(self, column: Array) -> Array:
        """Return the values that a column of the segment has for the matches."""
        return np.asarray(column[self._first : self._first + len(self._mask)][self._mask])

    def narrowed(self, column: Array, low: int, high: int) -> Matches:
        """Return the matches for which a column of the segment is from `low` to `high`."""
        values = column[self._first : self._first + len(self._mask)]
        return Matches(self._first, self._mask & (values >= low) & (values <= high))

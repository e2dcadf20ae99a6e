"""Find texts in the names of images."""

from __future__ import annotations

import threading
from collections import OrderedDict

import numpy as np

from aoi.search.segment import Array, Segment

KEPT = 32
# Below it, looking again costs less than keeping.
WORTH_KEEPING = 10_000


class Names:
    """Finds texts in names, and keeps what it found last: pages and counts ask again."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Segment, str], Array] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, segment: Segment, text: str) -> Array:
        """Mark the images whose name, in lower case, contains `text`."""
        if len(segment) < WORTH_KEEPING:
            return find_name(segment, text)
        key = (segment, text)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        found = find_name(segment, text)
        with self._lock:
            self._kept[key] = found
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return found

    def clear(self) -> None:
        """Forget segments that are no longer used."""
        with self._lock:
            self._kept.clear()


def find_name(segment: Segment, text: str) -> Array:
    """Mark the images whose name, in lower case, contains `text`."""
    wanted = np.frombuffer(text.encode(), np.uint8)
    letters = segment.letters
    last = len(letters) - len(wanted) + 1
    mask = np.zeros(len(segment), bool)
    if last <= 0:
        return mask
    found = letters[:last] == wanted[0]
    for place, letter in enumerate(wanted[1:], 1):
        found &= letters[place : last + place] == letter
    starts = np.flatnonzero(found)
    mask[np.searchsorted(segment.name_starts, starts, side="right") - 1] = True
    return mask

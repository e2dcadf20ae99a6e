"""Answers of the database that may be a few seconds old."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from time import monotonic
from typing import Generic, TypeVar

T = TypeVar("T")


class ShortCache(Generic[T]):
    """What a look-up found, for a few seconds; what it did not find is asked again."""

    def __init__(self, seconds: float = 2.0, most: int = 2000) -> None:
        self._seconds = seconds
        self._most = most
        self._lock = threading.Lock()
        self._found: OrderedDict[str, tuple[float, T]] = OrderedDict()

    def get(self, key: str, look_up: Callable[[], T | None]) -> T | None:
        """Return what is known of `key`, or what `look_up` finds now."""
        with self._lock:
            kept = self._found.get(key)
        if kept is not None and monotonic() < kept[0]:
            return kept[1]
        found = look_up()
        with self._lock:
            self._found.pop(key, None)
            if found is not None:
                self._found[key] = (monotonic() + self._seconds, found)
                if len(self._found) > self._most:
                    self._found.popitem(last=False)
        return found

    def forget(self, key: str) -> None:
        with self._lock:
            self._found.pop(key, None)

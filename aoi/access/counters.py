"""Counters that all web processes of this host share: a table in memory, made before they fork."""

from __future__ import annotations

import fcntl
import hashlib
import mmap
import os
import struct
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from time import time

from limits.storage import Storage

# The hash of a name, when its window ends, how often it was counted.
ROW = struct.Struct("=QdQ")
ROWS = 1 << 16
# Rows that a name may be in, from its own place on.
REACH = 16


class SharedCounters(Storage):
    """Storage for fixed windows, of constant size however many addresses call.

    Where all rows in reach are taken, the one whose window ends first gives way: a crowd may
    gain a few requests by it, but no memory.
    """

    STORAGE_SCHEME = ["aoi-shared"]  # noqa: RUF012  (the base class reads it so)

    def __init__(self, uri: str | None = None, wrap_exceptions: bool = False, **_: str) -> None:
        super().__init__(uri, wrap_exceptions=wrap_exceptions)
        # Memory without a name: what is forked from here on sees the same rows. A process that is
        # killed while it holds the lock on it lets go of it.
        self._file = os.memfd_create("aoi-counters")
        weakref.finalize(self, os.close, self._file)
        os.ftruncate(self._file, ROW.size * ROWS)
        self._rows = mmap.mmap(self._file, ROW.size * ROWS)
        self._lock = threading.Lock()
        self._opened_by = self._own = -1

    @property
    def base_exceptions(self) -> type[Exception]:
        return OSError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        with self._alone():
            place, (name, ends, count) = self._find(key)
            if ends <= time():
                ends, count = time() + expiry, 0
            self._write(place, name, ends, count + amount)
            return count + amount

    def get(self, key: str) -> int:
        with self._alone():
            _, (_, ends, count) = self._find(key)
            return count if ends > time() else 0

    def get_expiry(self, key: str) -> float:
        with self._alone():
            _, (_, ends, _) = self._find(key)
            return max(ends, time())

    def check(self) -> bool:
        return True

    def reset(self) -> int | None:
        with self._alone():
            self._rows[:] = bytes(len(self._rows))
        return None

    def clear(self, key: str) -> None:
        with self._alone():
            place, (name, _, _) = self._find(key)
            self._write(place, name, 0.0, 0)

    def _find(self, key: str) -> tuple[int, tuple[int, float, int]]:
        """Return the place of a name and its row: its own, or one that gives way to it."""
        name = int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest())
        oldest, oldest_ends = name % ROWS, float("inf")
        for place in ((name + step) % ROWS for step in range(REACH)):
            found, ends, count = ROW.unpack_from(self._rows, place * ROW.size)
            if found == name:
                return place, (name, ends, count)
            if ends < oldest_ends:
                oldest, oldest_ends = place, ends
        return oldest, (name, 0.0, 0)

    def _write(self, place: int, name: int, ends: float, count: int) -> None:
        ROW.pack_into(self._rows, place * ROW.size, name, ends, count)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self._lock:
            handle = self._handle()
            fcntl.flock(handle, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(handle, fcntl.LOCK_UN)

    def _handle(self) -> int:
        """Return this process's own handle: what was opened before a fork holds one lock for all.

        lockf would tell the processes apart, but not their threads: where one of them holds this
        lock and another waits for a turn to decode, the system takes it for a deadlock and refuses.
        """
        if self._opened_by != os.getpid():
            self._own = os.open(f"/proc/self/fd/{self._file}", os.O_RDWR | os.O_CLOEXEC)
            self._opened_by = os.getpid()
            weakref.finalize(self, os.close, self._own)
        return self._own

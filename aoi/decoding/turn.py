"""Turns for large images: few are decoded at a time, so that memory and processors are left."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# Of a host: half of its processors are for others.
PLACES = max(1, (os.cpu_count() or 1) // 2)

# Memory without a name: a lock that all processes forked from here on share. One that is killed
# lets go of it. Nothing else that these processes wait for may be a lock of this kind: the system
# does not tell their threads apart, and sees deadlocks where there are none.
_places = os.memfd_create("aoi-turns")
_of_process = threading.Lock()


class NotNow(Exception):
    """The image is large, and it is not its turn."""


@contextmanager
def turn() -> Iterator[None]:
    """Wait until a large image may be decoded."""
    place = os.getpid() % PLACES
    with _of_process:
        fcntl.lockf(_places, fcntl.LOCK_EX, 1, place)
        try:
            yield
        finally:
            fcntl.lockf(_places, fcntl.LOCK_UN, 1, place)

"""The bound on inferences in flight: file locks, so that all workers of a host share it."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

POLL_SECONDS = 0.02


class Slot:
    """One held slot; the system frees it when the process dies, however it dies."""

    def __init__(self, handle: int, gate: threading.Semaphore) -> None:
        self._handle: int | None = handle
        self._gate = gate

    def release(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
            self._gate.release()


class Slots:
    """`count` slots kept as locked files in `folder`, which must be local to the host."""

    def __init__(self, folder: Path, count: int) -> None:
        self._paths = [folder / f"slot-{number}" for number in range(count)]
        self._gate = threading.Semaphore(count)
        folder.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def hold(self) -> Iterator[Slot]:
        """Wait for a free slot; it is released at the end of the block, or before by hand."""
        self._gate.acquire()
        try:
            slot = Slot(self._lock(), self._gate)
        except OSError:
            self._gate.release()
            raise
        try:
            yield slot
        finally:
            slot.release()

    def _lock(self) -> int:
        # Within the process the gate orders the wait; polling is only for other processes.
        while True:
            for path in self._paths:
                handle = _open(path)
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    os.close(handle)
                else:
                    os.utime(handle)  # what is in use must not look old to who tidies up
                    return handle
            time.sleep(POLL_SECONDS)


def _open(path: Path) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
    try:
        return os.open(path, flags, 0o644)
    except FileNotFoundError:
        # Many systems take away what lay in /tmp for days without use.
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, flags, 0o644)

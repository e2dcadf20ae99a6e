"""One helper process, as its parent sees it."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aoi.config import ROOT
from aoi.decoding.turn import NotNow
from aoi.exceptions import ImageRefused, ImageTooLarge
from aoi.imaging import CheckedImage

MOST_BYTES = 1024 * 1024  # of a line, or of a thumbnail
# Threads of numpy's libraries take address space, and are not needed.
ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
# What a helper has under way is finished first; it ends with its input, so with its parent.
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Lost(Exception):
    """The helper died, took too long or answered nonsense; it is no more."""


class Helper:
    """A process that checks one image at a time, `seconds` each at most."""

    def __init__(self, command: Sequence[str], seconds: float) -> None:
        self._seconds = seconds
        self._deadline = 0.0
        self._buffer = bytearray()
        with _stop_signals_blocked():
            self._process = subprocess.Popen(
                command,
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                cwd=ROOT,
                env={**os.environ, **ENVIRONMENT},
            )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._jobs, self._answers = self._process.stdin, self._process.stdout

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def check(self, path: Path, filename: str, max_pixels: int, large: bool) -> CheckedImage:
        """Have an image checked as by `check_image`; raise what that raises, or Lost.

        Raises NotNow for a large one unless `large` says that it is its turn.
        """
        self._deadline = time.monotonic() + self._seconds
        job = {"path": str(path), "name": filename, "max_pixels": max_pixels, "large": large}
        try:
            self._jobs.write(json.dumps(job).encode() + b"\n")
        except OSError as err:
            raise self._lost() from err
        head = self._head()
        if head.get("not_now"):
            raise NotNow
        if message := head.get("refused"):
            raise (ImageTooLarge if head.get("too_large") else ImageRefused)(message)
        try:
            thumbnail = self._bytes(head["thumbnail"])
            return CheckedImage(head["width"], head["height"], head["extension"], thumbnail)
        except (KeyError, TypeError) as err:
            raise Lost("it answered nonsense") from err

    def end(self) -> None:
        """Kill the process and forget it."""
        self._process.kill()
        self._jobs.close()
        self._answers.close()
        self._process.wait()

    def _head(self) -> dict[str, Any]:
        while (end := self._buffer.find(b"\n")) == -1:
            self._read()
        line = self._bytes(end + 1)
        try:
            head = json.loads(line)
        except ValueError as err:
            raise Lost("it answered nonsense") from err
        if not isinstance(head, dict):
            raise Lost("it answered nonsense")
        return head

    def _bytes(self, count: int) -> bytes:
        while len(self._buffer) < count:
            self._read()
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def _read(self) -> None:
        if len(self._buffer) > MOST_BYTES:
            raise Lost("it answered too much")
        poll = select.poll()  # select() takes no descriptor over 1023
        poll.register(self._answers, select.POLLIN)
        left = self._deadline - time.monotonic()
        if left <= 0 or not poll.poll(left * 1000):
            raise Lost(f"it took longer than {self._seconds:g} s")
        part = os.read(self._answers.fileno(), 256 * 1024)
        if not part:
            raise self._lost()
        self._buffer += part

    def _lost(self) -> Lost:
        self._process.kill()
        return Lost(f"it ended with {self._process.wait()}")


@contextmanager
def _stop_signals_blocked() -> Iterator[None]:
    """Let a process started here never be ended by whoever stops the whole group.

    It inherits what this thread has blocked, so it is safe from its first moment on.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

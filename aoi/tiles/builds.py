"""Pyramids being made by processes of their own, each once at a time."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from queue import SimpleQueue

from aoi.config import ROOT
from aoi.tiles.places import Place

log = logging.getLogger(__name__)

# Each only waits for its process; the processes themselves bound how many work at once.
WAITING_THREADS = 4
TIME_LIMIT = 900
# A picture that no pyramid could be made of is not tried again at once.
FAILED_SECONDS = 60.0
# What nobody waits for yet is dropped rather than piled up; who asks for a tile has it made.
MOST_UNASKED = 8


class Builds:
    """Starts the processes that make pyramids under `root`, and knows which are under way."""

    def __init__(self, root: Path, limit_bytes: int) -> None:
        self._root = root
        self._limit_bytes = limit_bytes
        self._lock = threading.Lock()
        self._running: dict[Path, Future[bool]] = {}
        self._failed: dict[Path, float] = {}
        self._asked = _Hands(WAITING_THREADS, "tiles")
        self._unasked = _Hands(1, "tiles-in-advance")

    def start(self, place: Place) -> Future[bool]:
        """Have a pyramid made, unless that is under way; the future tells whether it was."""
        with self._lock:
            if place.full in self._running:
                return self._running[place.full]
            future: Future[bool] = Future()
            if self._has_failed(place):
                future.set_result(False)
                return future
            self._running[place.full] = future
        self._asked.give(lambda: self._finish(place, future))
        return future

    def start_unasked(self, place: Place) -> None:
        """The same, when there is not much else to do."""
        if len(self._running) < MOST_UNASKED:
            self.start(place)

    def in_advance(self, places: Iterable[Place]) -> None:
        """Have pyramids made after all others, one after the other."""
        if self._unasked.waiting < MOST_UNASKED:
            for place in places:
                self._unasked.give(partial(self._make, place, "--patient"))

    def _finish(self, place: Place, future: Future[bool]) -> None:
        is_made = False
        try:
            is_made = self._make(place)
        finally:
            with self._lock:
                self._running.pop(place.full)
                if not is_made and place.is_current():
                    self._failed[place.full] = time.monotonic()
            future.set_result(is_made)

    def _make(self, place: Place, *options: str) -> bool:
        command = [sys.executable, "-m", "aoi.tiles.build", self._root, place.folder, place.kind]
        command += [place.source, "--limit", self._limit_bytes, *options]
        started = time.monotonic()
        try:
            subprocess.run(
                [str(part) for part in command],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                timeout=TIME_LIMIT,
                check=True,
            )
        except (subprocess.SubprocessError, OSError) as err:
            if place.is_current():
                said = (getattr(err, "stderr", None) or b"").decode(errors="replace")
                log.error("no tiles of %s: %s %s", place.source.name, err, said.strip()[-500:])
            return False
        duration = round(1000 * (time.monotonic() - started), 1)
        log.info("tiles of %s", place.source.name, extra={"duration_ms": duration})
        return True

    def _has_failed(self, place: Place) -> bool:
        now = time.monotonic()
        self._failed = {
            path: moment for path, moment in self._failed.items() if now - moment < FAILED_SECONDS
        }
        return place.full in self._failed


class _Hands:
    """A few threads that start with the first task, so after any fork, and hold up no exit."""

    def __init__(self, count: int, name: str) -> None:
        self._count = count
        self._name = name
        self._tasks: SimpleQueue[Callable[[], object]] = SimpleQueue()
        self._lock = threading.Lock()
        self._started = False

    @property
    def waiting(self) -> int:
        return self._tasks.qsize()

    def give(self, task: Callable[[], object]) -> None:
        self._tasks.put(task)
        with self._lock:
            if self._started:
                return
            self._started = True
        for _ in range(self._count):
            threading.Thread(target=self._work, name=self._name, daemon=True).start()

    def _work(self) -> None:
        while True:
            task = self._tasks.get()
            try:
                task()
            except Exception:
                log.exception("tiles could not be made")

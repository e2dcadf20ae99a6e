"""The helpers of a process: a few, started when they are needed, replaced when they are lost."""

from __future__ import annotations

import atexit
import logging
import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from aoi.decoding.helper import Helper, Lost
from aoi.decoding.turn import NotNow, turn
from aoi.exceptions import ImageRefused
from aoi.imaging import CheckedImage

log = logging.getLogger(__name__)

COMMAND = (sys.executable, "-m", "aoi.decoding.child")
# More would only fight for the cores.
COUNT = max(2, min(4, os.cpu_count() or 2))
# An image of 300 megapixels takes some ten, on a busy host a few times that.
SECONDS = 90.0
BEYOND = (
    "The image cannot be decoded within the limits of memory and time; it may be damaged. "
    "Export it again, without odd compression or in parts."
)


class Decoders:
    """Checks images in up to `count` helper processes, and one for large ones; threads share it."""

    def __init__(
        self,
        count: int = COUNT,
        seconds: float = SECONDS,
        command: Sequence[str] = COMMAND,
        niceness: int = 0,
    ) -> None:
        self._seconds = seconds
        self._niceness = niceness
        self._command = command
        self._places = threading.BoundedSemaphore(count)
        self._lock = threading.Lock()
        self._idle: list[Helper] = []
        self._is_used = False

    def check_image(self, path: Path, filename: str, max_pixels: int) -> CheckedImage:
        """Check an image as `imaging.check_image` does; what breaks the decoder is refused."""
        try:
            with self._places:
                return self._check(path, filename, max_pixels, large=False)
        except NotNow:
            # It holds no place while it waits: those are for all others.
            with turn():
                return self._check(path, filename, max_pixels, large=True)

    def close(self) -> None:
        """End the helpers that are idle."""
        with self._lock:
            idle, self._idle = self._idle, []
        for helper in idle:
            helper.end()

    def _check(self, path: Path, filename: str, max_pixels: int, large: bool) -> CheckedImage:
        helper = self._take()
        try:
            checked = helper.check(path, filename, max_pixels, large)
        except (ImageRefused, NotNow):
            self._give(helper)
            raise
        except Lost as err:
            helper.end()
            log.error("an image was not decoded, and its helper is replaced: %s", err)
            raise ImageRefused(BEYOND) from err
        except BaseException:
            helper.end()
            raise
        self._give(helper)
        return checked

    def _take(self) -> Helper:
        with self._lock:
            while self._idle:
                helper = self._idle.pop()
                if helper.is_alive:
                    return helper
                helper.end()
            if not self._is_used:
                self._is_used = True
                atexit.register(self.close)
            command = [*self._command, str(self._niceness)]
            return Helper(command, self._seconds)

    def _give(self, helper: Helper) -> None:
        with self._lock:
            self._idle.append(helper)

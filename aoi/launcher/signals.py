"""SIGTERM, SIGINT and SIGHUP as a wish to stop; the second one as a wish to stop at once."""

from __future__ import annotations

import os
import select
import signal
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any, Self

STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class StopSignals:
    """Counts the stop signals that came while it is entered."""

    def __init__(self) -> None:
        self.count = 0
        # A pipe and not an Event: a signal that comes while the Event's own lock is held would
        # wait for that lock for ever.
        self._waking, self._wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._before: dict[signal.Signals, Any] = {}

    @property
    def stop(self) -> bool:
        return self.count > 0

    @property
    def at_once(self) -> bool:
        return self.count > 1

    def pause(self, seconds: float) -> None:
        """Sleep, but wake up with a signal."""
        ready, _, _ = select.select([self._waking], [], [], seconds)
        if ready:
            os.read(self._waking, 1024)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.count += 1
        with suppress(BlockingIOError):  # full of wishes already
            os.write(self._wake, b"!")

    def __enter__(self) -> Self:
        for number in STOPPING:
            # Under nohup SIGHUP is ignored, and stays so.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self._waking)
        os.close(self._wake)

"""An attack in a process of its own; imports little, so that it starts at once."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from time import monotonic, process_time
from typing import Any

from tests.attack.attacks import ATTACKS
from tests.attack.wire import Attacker

LEAST_PRIORITY = 19


def attack(
    name: str, port: int, key: str, seconds: float, aside: bool, started: Any, results: Any
) -> None:
    """Attack for so many seconds; what it got, and its CPU seconds, go into the queue.

    `aside` it takes only the processor time that nobody else wants, as if it had its own.
    """
    # As another machine's: Linux shares the processors by session, where it may.
    os.setsid()
    if aside:
        _step_aside()
    attacker = Attacker("127.0.0.1", port, key, monotonic() + seconds)
    started.set()
    ATTACKS[name](attacker)
    results.put((attacker.tally, process_time()))


def _step_aside() -> None:
    os.nice(LEAST_PRIORITY)
    # A session has a priority of its own.
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(LEAST_PRIORITY))

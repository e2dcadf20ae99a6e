"""What the stub was asked, in a file that outlives it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Note:
    """One line: `what` is "asked" (well), "answered" (whole), or the fault that came instead."""

    moment: float
    sha256: str
    what: str


class Journal:
    """Appends notes to a file, each in one write; without a path it notes nothing."""

    def __init__(self, path: Path | None) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._handle = None if path is None else os.open(path, flags, 0o644)

    def note(self, sha256: str, what: str) -> None:
        if self._handle is not None:
            os.write(self._handle, f"{time.time():.6f} {sha256} {what}\n".encode())


def read_journal(path: Path) -> Iterator[Note]:
    """Yield the notes of a journal, oldest first."""
    for line in path.read_text().splitlines():
        moment, sha256, what = line.split(" ")
        yield Note(float(moment), sha256, what)

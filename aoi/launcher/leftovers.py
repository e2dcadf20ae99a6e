"""Processes of an earlier start whose launcher was killed, known by a mark in their environment."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

import psutil

from aoi import processes

MARK = "AOI_LAUNCHED_FOR"
PATIENCE = 3.0


def mark(data_dir: Path) -> dict[str, str]:
    """Return what marks a child as started for this data folder."""
    return {MARK: str(data_dir)}


def end_leftovers(data_dir: Path) -> int:
    """End what an earlier launcher of this folder left running; return how many."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.pid != os.getpid() and process.environ().get(MARK) == str(data_dir):
                found.append(process)
    processes.end(found, signal.SIGTERM, PATIENCE)
    return len(found)

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from aoi.config import ROOT
from aoi.slots import Slots
from tests.sending import until

HOLDER = """
import sys
from pathlib import Path
from aoi.slots import Slots
with Slots(Path(sys.argv[1]), 2).hold():
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(folder: Path) -> subprocess.Popen[str]:
    """Start a process that holds a slot until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    return process


class Taker(threading.Thread):
    """Takes a slot, tells so, and gives it back when told."""

    def __init__(self, slots: Slots) -> None:
        super().__init__()
        self.slots = slots
        self.has_it, self.may_end = threading.Event(), threading.Event()
        self.start()

    def run(self) -> None:
        with self.slots.hold():
            self.has_it.set()
            self.may_end.wait(200)

    def end(self) -> None:
        self.may_end.set()
        self.join()


def test_the_next_waits_until_one_is_given_back(tmp_path: Path) -> None:
    slots = Slots(tmp_path, 2)
    first, second = Taker(slots), Taker(slots)
    assert first.has_it.wait(60) and second.has_it.wait(60)
    third = Taker(slots)
    assert not third.has_it.wait(0.1)
    first.end()
    assert third.has_it.wait(60)
    second.end()
    third.end()


def test_the_bound_holds_across_processes_and_outlives_none(tmp_path: Path) -> None:
    processes = [holder(tmp_path), holder(tmp_path)]
    taker = Taker(Slots(tmp_path, 2))
    assert not taker.has_it.wait(0.1)
    processes[0].kill()
    assert taker.has_it.wait(60)
    taker.end()
    for process in processes:
        process.communicate("")


def test_released_early_it_is_released_once(tmp_path: Path) -> None:
    slots = Slots(tmp_path, 1)
    with slots.hold() as slot:
        slot.release()
        with slots.hold():
            pass
    taker = Taker(slots)
    assert taker.has_it.wait(60)
    other = Taker(slots)
    assert not other.has_it.wait(0.1)
    taker.end()
    until(other.has_it.is_set)
    other.end()


def test_a_folder_that_cannot_be_used_costs_no_slot(tmp_path: Path) -> None:
    slots = Slots(tmp_path / "slots", 1)
    (tmp_path / "slots").rmdir()
    (tmp_path / "slots").touch()
    with pytest.raises(NotADirectoryError), slots.hold():
        pass
    (tmp_path / "slots").unlink()
    with slots.hold():
        pass


def test_a_folder_that_was_tidied_away_is_made_again(tmp_path: Path) -> None:
    slots = Slots(tmp_path / "slots", 1)
    shutil.rmtree(tmp_path / "slots")
    with slots.hold():
        assert (tmp_path / "slots" / "slot-0").exists()


def test_a_slot_in_use_does_not_look_old(tmp_path: Path) -> None:
    slots, path = Slots(tmp_path, 1), tmp_path / "slot-0"
    path.touch()
    os.utime(path, (0, 0))
    with slots.hold():
        assert path.stat().st_mtime > 0

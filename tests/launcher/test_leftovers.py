"""What a killed launcher left is found by its mark."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import psutil

from aoi.launcher.leftovers import end_leftovers, mark


def sleeper(data_dir: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(["sleep", "600"], env=os.environ | mark(data_dir))


def test_processes_of_this_folder_are_ended(tmp_path: Path) -> None:
    with sleeper(tmp_path) as left:
        assert end_leftovers(tmp_path) == 1
        assert not psutil.pid_exists(left.pid)


def test_processes_of_another_folder_are_left_alone(tmp_path: Path) -> None:
    with sleeper(tmp_path / "other") as other:
        assert end_leftovers(tmp_path) == 0
        assert other.poll() is None
        other.kill()

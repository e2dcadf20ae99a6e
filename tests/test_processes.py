"""Children that end with their parent, and ending of processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from aoi import processes
from aoi.config import ROOT

PARENT = """
import os, sys, time
from pathlib import Path
from aoi import processes
with open(sys.argv[1], "ab") as output:
    child = processes.spawn(["sleep", "600"], output=output, env=os.environ, cwd=Path("/"))
print(child.pid, flush=True)
time.sleep(600)
"""


def spawn(output: Path, *command: str) -> subprocess.Popen[bytes]:
    with output.open("ab") as stream:
        return processes.spawn(command, output=stream, env=os.environ, cwd=ROOT)


def test_a_child_dies_with_its_killed_parent(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PARENT, str(tmp_path / "out")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    gone, _ = psutil.wait_procs([child], timeout=60)
    assert gone


def test_a_child_leads_a_session_that_a_terminals_signals_do_not_reach(tmp_path: Path) -> None:
    child = spawn(tmp_path / "out", "sleep", "600")
    assert os.getsid(child.pid) == child.pid
    processes.kill_group(child.pid)
    assert child.wait(60) == -signal.SIGKILL


def test_a_group_dies_with_the_children_of_the_child(tmp_path: Path) -> None:
    child = spawn(tmp_path / "out", "bash", "-c", "sleep 600 & echo $!; wait")
    while not (text := (tmp_path / "out").read_text()):
        time.sleep(0.02)
    grandchild = psutil.Process(int(text))
    processes.kill_group(child.pid)
    child.wait(60)
    gone, _ = psutil.wait_procs([grandchild], timeout=60)
    assert gone


def test_a_group_that_is_gone_is_no_fault(tmp_path: Path) -> None:
    child = spawn(tmp_path / "out", "true")
    child.wait(60)
    processes.kill_group(child.pid)


def test_who_does_not_listen_is_killed(tmp_path: Path) -> None:
    child = spawn(tmp_path / "out", "bash", "-c", "trap '' TERM; echo deaf; sleep 600")
    while not (tmp_path / "out").read_text():
        time.sleep(0.02)
    processes.end([psutil.Process(child.pid)], signal.SIGTERM, patience=0.2)
    assert not psutil.pid_exists(child.pid)
    processes.kill_group(child.pid)
    child.wait(60)


def test_a_file_over_its_limit_is_emptied(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("12345")
    processes.keep_small(tmp_path / "out", limit=5)
    assert (tmp_path / "out").read_text() == "12345"
    processes.keep_small(tmp_path / "out", limit=4)
    assert (tmp_path / "out").read_text() == ""


def test_a_file_that_is_not_there_is_small(tmp_path: Path) -> None:
    processes.keep_small(tmp_path / "out")

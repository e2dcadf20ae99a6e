"""The crash test in its short form; `make crash-test` is the long one."""

from __future__ import annotations

import subprocess
import sys

import pytest

from aoi.config import ROOT


@pytest.mark.launcher
@pytest.mark.timeout(300)
def test_kills_and_faults_lose_no_image_and_double_none() -> None:
    command = [sys.executable, "-m", "tests.crash", "--kills", "5", "--uploads", "80"]
    done = subprocess.run(
        [*command, "--minutes", "4"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr

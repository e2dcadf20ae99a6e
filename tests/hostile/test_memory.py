"""An answer of 500 MB takes memory within bounds, and none afterwards."""

from __future__ import annotations

import subprocess
import sys

from aoi.config import ROOT
from tests.stub import StubService

CALL = """
import re, sys
from pathlib import Path
from tests.pictures import png
from aoi.exceptions import BadAnswer
from aoi.segformer.client import SegformerClient

client = SegformerClient(sys.argv[1], timeout=240, max_tries=1)
try:
    client.inspect(png(), "a.png")
except BadAnswer as err:
    # Of this program alone: what getrusage tells may be of the process that started it.
    print(int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) // 1024)
"""
MEGABYTES = 500


def test_an_answer_of_500_megabytes(stub: StubService) -> None:
    stub.set_fault("long", text='{"success": true, "overlay_image": "', megabytes=MEGABYTES)
    called = subprocess.run(
        [sys.executable, "-c", CALL, stub.url],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=250,
    )
    assert called.returncode == 0, called.stderr
    # The body and its text; a whole answer takes less, as its pictures are never made text.
    assert int(called.stdout) < 2.5 * MEGABYTES

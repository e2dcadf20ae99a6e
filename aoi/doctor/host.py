"""Does the host give what the agent needs?"""

from __future__ import annotations

import platform
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

import psutil

from aoi.config import ROOT, Settings
from aoi.doctor.database import threads_needed
from aoi.doctor.finding import Finding, look, ok, wrong

LEAST_PYTHON = (3, 11)
LEAST_MEMORY = 2 << 30
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(\S+)", re.MULTILINE)


def check_host(settings: Settings) -> Iterator[Finding]:
    """Look at Python, packages, limits, memory and clock."""
    if sys.version_info < LEAST_PYTHON:
        yield wrong(f"This is Python {platform.python_version()}.", "Take 3.11 or later.")
    else:
        yield ok(f"Python {platform.python_version()} on {platform.platform()}.")
    yield _packages()
    # A request holds its connection, a file, and a connection of the database.
    needed = 4 * threads_needed(settings) + 256
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < needed:
        yield look(
            f"A process may open {soft} files; it may need {needed}.",
            "LimitNOFILE=65536 in the unit, or ulimit -n 65536. This is of your shell.",
        )
    else:
        yield ok(f"A process may open {soft} files.")
    memory = psutil.virtual_memory()
    text = f"{memory.available / 1e9:.1f} of {memory.total / 1e9:.1f} GB of memory are available."
    if memory.available < LEAST_MEMORY:
        yield look(text, "Large images take 1 GB each while they are checked: add memory.")
    else:
        yield ok(text)
    yield from _clock()


def _packages() -> Finding:
    differing = []
    pins = PIN.findall((ROOT / "requirements.txt").read_text())
    for name, wanted in pins:
        try:
            found = version(name)
        except PackageNotFoundError:
            found = "missing"
        if found != wanted:
            differing.append(f"{name} is {found} instead of {wanted}")
    if differing:
        return wrong(f"{'; '.join(differing[:5])}.", "make install")
    return ok(f"All {len(pins)} packages are of the versions that were tested.")


def _clock() -> Iterator[Finding]:
    if shutil.which("timedatectl") is None:
        return
    command = ["timedatectl", "show", "--property=NTPSynchronized", "--value"]
    told = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    if told.returncode:
        return  # no systemd runs here
    if told.stdout.strip() == "yes":
        yield ok("The clock is kept by NTP.")
    else:
        yield look(
            "The clock is not kept by NTP.",
            "apt install systemd-timesyncd, the plant's server as NTP= in "
            "/etc/systemd/timesyncd.conf, timedatectl set-ntp true",
        )

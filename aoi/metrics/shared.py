"""The counters of all processes of a host, in files that whoever is asked can read.

Each process writes files of its own (prometheus-client's multiprocess mode). Those of the web
processes and of the workers lie apart, as each side is started without the other.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil
from prometheus_client import Metric, values
from prometheus_client.multiprocess import MultiProcessCollector

from aoi.metrics.meters import meters

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
_OWNER = re.compile(r"_(\d+)\.db$")


def shared_folder(data_dir: Path) -> Path:
    """Return where the processes that work on `data_dir` keep their counters.

    In memory where that can be: the files are mapped, and on a full disk writing to one kills.
    """
    name = f"aoi-metrics-{os.getuid()}-{hashlib.sha256(str(data_dir).encode()).hexdigest()[:16]}"
    memory = Path("/dev/shm")
    return (memory if os.access(memory, os.W_OK) else Path(tempfile.gettempdir())) / name


def share(data_dir: Path, role: str) -> None:
    """Keep the counters of this process, and of those it forks, where all can be added up.

    Call it before anything is counted. Begins anew where no process of the role is left: a
    count that went back by a part would look like a restart of the whole.
    """
    folder = shared_folder(data_dir) / role
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.parent.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        return  # somebody else's: each process then tells of itself only
    if role == "web" or not any(_is_alive(path) for path in folder.glob("*.db")):
        _empty(folder)
    os.environ[VARIABLE] = str(folder)
    # prometheus-client chooses when it is imported, before a command knows what it is.
    values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]
    meters.cache_clear()


def unshare(data_dir: Path, role: str) -> None:
    """Take the files of a role away, unless another process of it is at work."""
    folder = shared_folder(data_dir) / role
    own = f"_{os.getpid()}.db"
    if not any(_is_alive(path) for path in folder.glob("*.db") if not path.name.endswith(own)):
        shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):
            folder.parent.rmdir()


def collect(data_dir: Path) -> Iterable[Metric]:
    """Return the counters of all processes of this host, or of this one if it shares nothing."""
    if VARIABLE not in os.environ:
        return meters().registry.collect()
    files = []
    for path in shared_folder(data_dir).glob("*/*.db"):
        if path.name.startswith("gauge_live") and not _is_alive(path):
            path.unlink(missing_ok=True)
        else:
            files.append(str(path))
    return list(MultiProcessCollector.merge(files))  # type: ignore[no-untyped-call]


def _is_alive(path: Path) -> bool:
    owner = _OWNER.search(path.name)
    return owner is not None and psutil.pid_exists(int(owner[1]))


def _empty(folder: Path) -> None:
    for path in folder.glob("*.db"):
        path.unlink(missing_ok=True)

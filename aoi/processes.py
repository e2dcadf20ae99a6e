"""Child processes that end with their parent, and the ones a killed parent left."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

import psutil

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


def spawn(
    command: Sequence[str | Path],
    *,
    output: IO[bytes],
    env: Mapping[str, str],
    cwd: Path,
    user: str | None = None,
    death_signal: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own; `death_signal` reaches it when its parent dies.

    Call it from the main thread: Linux sends that signal when the starting thread ends.
    """
    return subprocess.Popen(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=dict(env),
        cwd=cwd,
        user=user,
        group=user,
        extra_groups=[] if user else None,
        start_new_session=True,
        preexec_fn=_bind_to_parent(os.getpid(), death_signal),
    )


def _bind_to_parent(parent: int, death_signal: int) -> Callable[[], None]:
    def bind() -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
        if os.getppid() != parent:  # it died between fork and prctl
            os._exit(1)

    return bind


def end(processes: Iterable[psutil.Process], sig: signal.Signals, patience: float) -> None:
    """Send `sig`, wait `patience` seconds, then kill what is left."""
    alive = list(processes)
    for process in alive:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(sig)
    _, alive = psutil.wait_procs(alive, timeout=patience)
    for process in alive:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=5)


def keep_small(output: Path, limit: int = 10 * 1024 * 1024) -> None:
    """Empty a file that a process appends to once it is over `limit` bytes."""
    with suppress(FileNotFoundError):
        if output.stat().st_size > limit:
            os.truncate(output, 0)


def kill_group(pid: int, sig: signal.Signals = signal.SIGKILL) -> None:
    """Signal all of a child's session, its own children included."""
    with suppress(ProcessLookupError):
        os.killpg(pid, sig)

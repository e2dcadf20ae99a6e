"""What the agent does for itself at night; the worker imports this for its schedule."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Coroutine
from pathlib import Path

from aoi import processes
from aoi.config import ROOT
from aoi.jobs import queue

log = logging.getLogger(__name__)

# In UTC. What goes is taken away first, so that the check need not read it.
NIGHTLY_PRUNE = "47 2 * * *"
NIGHTLY = "17 3 * * *"
# All files are read, but only what a look at names and sizes finds is mended unasked.
NIGHTLY_RUNS = (("--quick", "--repair"), ())
NICENESS = 10
POLL_SECONDS = 1.0
# 1 tells of findings, or of files left, which the process has logged itself.
ENDS = (0, 1)

_running: set[asyncio.Task[None]] = set()
_pruning: set[asyncio.Task[None]] = set()


@queue.periodic(cron=NIGHTLY_PRUNE)
@queue.task(name="prune", queue="maintenance", queueing_lock="prune")
async def prune_nightly(timestamp: int) -> None:
    """Begin to take away what is old, in a process of its own like the check."""
    if _pruning:
        log.warning("the prune of the night before still runs; none is begun")
        return
    _begin(run_prune(), _pruning)


@queue.periodic(cron=NIGHTLY)
@queue.task(name="verify", queue="maintenance", queueing_lock="verify")
async def verify_nightly(timestamp: int) -> None:
    """Begin the nightly check, unless the last one still runs.

    It may read for hours, so it is a process of its own that takes no thread from the
    inspections, ends with the worker, and leaves the worker's memory as it is.
    """
    if _running:
        log.warning("the check of the night before still runs; none is begun")
        return
    _begin(run_checks(), _running)


def _begin(work: Coroutine[None, None, None], running: set[asyncio.Task[None]]) -> None:
    task = asyncio.create_task(work)
    running.add(task)
    task.add_done_callback(running.discard)


async def run_prune() -> None:
    """Take away what is older than RETENTION_DAYS, and what else has grown old."""
    code = await _run(["-m", "flask", "--app", "wsgi", "prune"])
    if code not in ENDS:
        log.error(
            "the nightly prune ended with code %d: run `flask --app wsgi prune` by hand", code
        )


async def run_checks() -> None:
    """Run the checks of a night, one after the other, each logging what it found."""
    for options in NIGHTLY_RUNS:
        code = await _run(["-m", "flask", "--app", "wsgi", "verify", *options])
        if code not in ENDS:
            log.error(
                "the nightly check ended with code %d: run `flask --app wsgi verify` by hand", code
            )


async def _run(arguments: list[str]) -> int:
    with Path(os.devnull).open("wb") as nowhere:
        process = processes.spawn(
            [sys.executable, *arguments], output=nowhere, env=os.environ, cwd=ROOT
        )
    try:
        os.setpriority(os.PRIO_PROCESS, process.pid, NICENESS)
        while (code := process.poll()) is None:
            await asyncio.sleep(POLL_SECONDS)
        return code
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()

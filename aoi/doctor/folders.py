"""Can the folders be written, is there room, and when were they backed up?"""

from __future__ import annotations

import json
import os
import pwd
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from aoi.backup.mark import MARK
from aoi.config import Settings
from aoi.disk import disk_usage
from aoi.doctor.finding import Finding, duration, look, ok, wrong
from aoi.durable import write_durably
from aoi.metrics.state import LAST_BACKUP

SLOW_WRITE_SECONDS = 0.5
PROBE_BYTES = 1 << 20
LEAST_INODES_PERCENT = 5
OLD_BACKUP_SECONDS = 2 * 86400
LINES_LOOKED_AT = 2000
# What is in memory is lost with the power.
IN_MEMORY = ("tmpfs", "ramfs")
OVER_THE_NETWORK = ("nfs", "nfs4", "cifs", "smb3", "fuse.sshfs")


def check_data(settings: Settings) -> Iterator[Finding]:
    """Look at the data folder and its disk."""
    folder = settings.data_dir
    if not folder.is_dir():
        yield look(f"{folder} is not there yet.", "It is made at the first start.")
        folder = next(parent for parent in folder.parents if parent.is_dir())
    if (folder / MARK).exists():
        yield wrong("A restore has not come to its end.", "Begin it again: flask restore DIR")
    yield _writable(folder)
    yield from _owner(folder)
    yield from _file_system(folder)
    yield _room(folder, settings)
    inodes = os.statvfs(folder)
    if inodes.f_files and 100 * inodes.f_favail / inodes.f_files < LEAST_INODES_PERCENT:
        yield wrong(
            f"The file system has room for {inodes.f_favail:,} files more only.",
            "Remove files, or move DATA_DIR to one made with more inodes.",
        )
    yield from _backup(settings.data_dir)


def check_logs(settings: Settings) -> Iterator[Finding]:
    """Look at the log folder, and at what went wrong lately."""
    if not settings.log_dir.is_dir():
        yield look(f"{settings.log_dir} is not there yet.", "It is made at the first start.")
        return
    yield _writable(settings.log_dir)
    since, recent = datetime.now(UTC) - timedelta(days=1), []
    with suppress(OSError), (settings.log_dir / "error.log").open(errors="replace") as file:
        for line in deque(file, LINES_LOOKED_AT):
            with suppress(ValueError, KeyError, TypeError):
                entry = json.loads(line)
                if datetime.fromisoformat(entry["time"]) > since:
                    recent.append(str(entry["message"]))
    if recent:
        yield look(
            f"{len(recent)} errors within a day; the last: {recent[-1][:200]}",
            f"Read {settings.log_dir / 'error.log'}.",
        )
    else:
        yield ok("No errors within a day.")


def _writable(folder: Path) -> Finding:
    probe, started = folder / f".doctor-{os.getpid()}", time.perf_counter()
    try:
        write_durably(probe, b"\0" * PROBE_BYTES)
        took = time.perf_counter() - started
        probe.unlink()
    except OSError as err:
        return wrong(
            f"{folder} cannot be written: {err.strerror}.",
            f"Give it to the user of the agent: chown -R {_user(os.geteuid())} {folder}",
        )
    if took > SLOW_WRITE_SECONDS:
        return look(
            f"{folder} can be written, but 1 MB took {took:.1f} s to be on the disk.",
            "Every upload waits for it: look at the disk, or at what else writes to it.",
        )
    return ok(f"{folder} can be written; 1 MB is on the disk after {1000 * took:.0f} ms.")


def _owner(folder: Path) -> Iterator[Finding]:
    owner = folder.stat().st_uid
    if owner != os.geteuid():
        yield look(
            f"{folder} belongs to {_user(owner)}, and this is {_user(os.geteuid())}.",
            f"Run this, and every command, as the agent does: runuser -u {_user(owner)} -- ...",
        )


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _file_system(folder: Path) -> Iterator[Finding]:
    mounts = [
        mount
        for mount in psutil.disk_partitions(all=True)
        if folder.resolve().is_relative_to(mount.mountpoint)
    ]
    mount = max(mounts, key=lambda each: len(each.mountpoint), default=None)
    if mount is None:
        return
    if mount.fstype in IN_MEMORY:
        yield wrong(f"{folder} is in memory ({mount.fstype}).", "Set DATA_DIR to a disk.")
    elif mount.fstype in OVER_THE_NETWORK:
        yield look(
            f"{folder} is on another host ({mount.fstype}).",
            "Fine for images shared by several workers; an embedded PostgreSQL must not be there.",
        )
    else:
        yield ok(f"Its file system is {mount.fstype}, at {mount.mountpoint}.")


def _room(folder: Path, settings: Settings) -> Finding:
    usage = disk_usage(folder)
    used, free = usage["used_percent"], usage["free_bytes"] / 1e9
    text = f"The disk is {used:g} % full, {free:,.1f} GB are free."
    advice = "Free some space: `flask --app wsgi prune` takes old images away."
    if used >= settings.disk_full_percent:
        return wrong(f"{text} Uploads are refused.", advice)
    return look(text, advice) if used >= settings.disk_warn_percent else ok(text)


def _backup(data_dir: Path) -> Iterator[Finding]:
    try:
        last = json.loads((data_dir / LAST_BACKUP).read_text())
        age, folder = time.time() - float(last["timestamp"]), Path(last["folder"])
    except (OSError, ValueError, KeyError):
        yield look("It was never backed up.", "flask --app wsgi backup DIR, every night.")
        return
    text = f"The last backup is {duration(age)} old, in {folder}."
    if age > OLD_BACKUP_SECONDS:
        yield look(text, "See why the nightly one does not run: systemctl status aoi-backup.timer")
    else:
        yield ok(text)
    with suppress(OSError):
        if folder.stat().st_dev == data_dir.stat().st_dev:
            yield look(
                "The backups are on the same disk as the data, and would be lost with it.",
                "Back up to another disk, or to a share of another host.",
            )

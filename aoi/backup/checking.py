"""Read a backup again: is all of it there, and byte for byte what was kept?"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from aoi import cluster
from aoi.backup import listing, programs
from aoi.backup.failure import BackupFailed
from aoi.backup.gathering import READERS
from aoi.backup.listing import Kept
from aoi.backup.place import DUMP, FILES, Place


@dataclass
class Check:
    """What was looked at, and what is wrong with it, in plain English."""

    backups: int = 0
    files: int = 0
    bytes: int = 0
    wrong: list[str] = field(default_factory=list)


def check(root: Path) -> Check:
    """Read all backups in `root` and every file they name; raise BackupFailed if there is none."""
    place, found = Place(root.expanduser().resolve()), Check()
    names = place.names()
    if not names:
        raise BackupFailed(f"There is no whole backup in {root}.")
    for name in names:
        found.backups += 1
        try:
            found.wrong += check_own(place, name)
        except BackupFailed as err:
            found.wrong.append(err.message)
    seen: set[bytes] = set()
    with ThreadPoolExecutor(READERS) as readers:
        for name in names:
            fresh = _fresh(place.folder(name) / FILES, seen)
            for file, fault in readers.map(lambda file: (file, _fault(place, file)), fresh):
                found.files += 1
                found.bytes += file.size
                if fault:
                    found.wrong.append(f"{file.path} of {name} {fault}")
    return found


def check_own(place: Place, name: str) -> list[str]:
    """Return what is wrong with a backup's dump and list, which say what all else should be."""
    facts, wrong = place.facts(name), []
    for file, told in ((DUMP, facts["dump"]), (FILES, facts["list"])):
        path = place.folder(name) / file
        if not path.is_file() or listing.sha256_of(path) != told["sha256"]:
            wrong.append(f"{path} is missing or damaged.")
    if not wrong:
        program = programs.find("pg_restore", max(facts["server_major"], cluster.VERSION))
        command = [program, "--list", str(place.folder(name) / DUMP)]
        told = subprocess.run(command, capture_output=True, check=False)
        if told.returncode:
            wrong.append(f"{name}/{DUMP} cannot be read: {programs.reason(told.stderr)}")
    return wrong


def _fresh(path: Path, seen: set[bytes]) -> Iterator[Kept]:
    """Yield the files that no earlier list named, by what is in them."""
    try:
        for entry in listing.read(path):
            for file in entry.files:
                sha256 = bytes.fromhex(file.sha256)
                if sha256 not in seen:
                    seen.add(sha256)
                    yield file
    except (OSError, EOFError, ValueError):
        return  # told of already


def _fault(place: Place, file: Kept) -> str | None:
    try:
        right = listing.sha256_of(place.file(file.sha256)) == file.sha256
    except OSError as err:
        return f"cannot be read: {err.strerror}."
    return None if right else "is damaged."

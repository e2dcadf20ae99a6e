"""Where backups are kept: a folder each for lists and dumps, one store of files for all.

    DIR/backups/20260225_103045/  backup.json, database.dump, files.jsonl.gz
    DIR/files/ab/abcdef...        each file once, under its SHA-256

A backup is there once its folder has its name, which is the last step; files are only added, and
taken away when no backup names them. It needs neither hard links nor names that tell cases apart,
so it may lie on a share of any kind.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import get_ident
from typing import Any

from aoi.backup import listing
from aoi.backup.failure import BackupFailed
from aoi.backup.listing import Kept

FACTS, DUMP, FILES = "backup.json", "database.dump", "files.jsonl.gz"
FORM = 1
CHUNK_BYTES = 1 << 20
SHA256 = re.compile(r"[0-9a-f]{64}")
README = """Backups of the AOI inference agent, made by `flask --app wsgi backup`.

Check them:   flask --app wsgi backup --check DIR
Restore one:  flask --app wsgi restore DIR
backups/ has a folder for each; all of them share the files in files/. Change nothing by hand.
"""


class Place:
    """A folder of backups."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.backups = root / "backups"
        self.files = root / "files"
        self._drafts = root / ".drafts"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the place for one process; clear what a killed one left."""
        # Others on the host may not read it: there are people and keys in the dump.
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in (self.backups, self.files, self._drafts):
            folder.mkdir(exist_ok=True)
        (self.root / "README.txt").write_text(README)
        with (self.root / ".lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as err:
                raise BackupFailed(
                    f"Another backup to {self.root} is under way. Wait until it has ended."
                ) from err
            for left in (*self.backups.glob(".*"), *self._drafts.iterdir()):
                _remove(left)
            yield

    def names(self) -> list[str]:
        """Return the names of the whole backups, oldest first."""
        if not self.backups.is_dir():
            return []
        return sorted(
            path.parent.name
            for path in self.backups.glob(f"*/{FACTS}")
            if not path.parent.name.startswith(".")
        )

    def folder(self, name: str) -> Path:
        return self.backups / name

    def facts(self, name: str) -> dict[str, Any]:
        """Return what a backup tells of itself; raise BackupFailed if it cannot be read."""
        try:
            facts: dict[str, Any] = json.loads((self.folder(name) / FACTS).read_text())
        except (OSError, ValueError) as err:
            raise BackupFailed(f"{self.folder(name)} is damaged: its {FACTS} is no JSON.") from err
        if facts.get("form") != FORM:
            raise BackupFailed(
                f"{self.folder(name)} was made by another release of the agent. Use that one."
            )
        return facts

    def file(self, sha256: str) -> Path:
        return self.files / sha256[:2] / sha256

    def keep(self, source: Path, path: str) -> Kept:
        """Copy a file into the store unless it is there; raise FileNotFoundError if it is gone."""
        with source.open("rb") as file:
            found = os.fstat(file.fileno())
            draft = self._drafts / str(get_ident())
            digest = hashlib.sha256()
            with draft.open("wb") as copy:
                while chunk := file.read(CHUNK_BYTES):
                    digest.update(chunk)
                    copy.write(chunk)
        sha256 = digest.hexdigest()
        target = self.file(sha256)
        if self.has(sha256, found.st_size):
            draft.unlink()
        else:
            target.parent.mkdir(exist_ok=True)
            os.replace(draft, target)
        return Kept(path, found.st_size, found.st_mtime_ns, sha256)

    def has(self, sha256: str, size: int) -> bool:
        """Tell whether the store has this file; after a power cut one may be there but empty."""
        with suppress(FileNotFoundError):
            return self.file(sha256).stat().st_size == size
        return False

    def forget(self, keep: int) -> int:
        """Remove all but the newest backups, and files that no other names; return how many."""
        names = self.names()
        gone = names[: max(0, len(names) - keep)]
        for name in gone:
            # First out of sight: half removed, it must not pass for a whole one.
            _remove(self.folder(name).rename(self.backups / f".{name}"))
        if gone:
            named = {
                bytes.fromhex(file.sha256)
                for name in self.names()
                for entry in listing.read(self.folder(name) / FILES)
                for file in entry.files
            }
            for path in self.files.glob("*/*"):
                if SHA256.fullmatch(path.name) and bytes.fromhex(path.name) not in named:
                    path.unlink()
        return len(gone)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()

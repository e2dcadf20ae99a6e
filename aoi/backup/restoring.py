"""Restore a backup: files first, then all rows in one transaction. Half of it is never a whole.

While a restore is under way, and after one that was broken off, a mark in the data folder keeps
the product from starting; the next restore goes on where that one stopped.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import psycopg2
from alembic.script import ScriptDirectory

from aoi.administration import said
from aoi.backup import checking, listing, loading
from aoi.backup.failure import RestoreFailed
from aoi.backup.gathering import READERS, TOGETHER
from aoi.backup.listing import Kept
from aoi.backup.mark import MARK
from aoi.backup.place import DUMP, FILES, Place
from aoi.config import ROOT, Settings
from aoi.storage import NO_SPACE

TREES = ("uploads", "results", "thumbnails")


@dataclass(frozen=True)
class Restored:
    """A backup that was restored."""

    name: str
    files: int
    bytes: int
    rows: int
    seconds: float
    is_newest: bool
    needs_upgrade: bool


def restore(
    settings: Settings, url: str, root: Path, name: str | None = None, replace: bool = False
) -> Restored:
    """Restore the newest backup in `root`, or the one called `name`; the product must be stopped.

    With `replace` what is in the database goes, and files of the same names are overwritten.
    Raises RestoreFailed or BackupFailed.
    """
    place = Place(root.expanduser().resolve())
    name = _chosen(place, name)
    if wrong := checking.check_own(place, name):
        raise RestoreFailed(" ".join(wrong))
    facts = place.facts(name)
    heads = _known_revision(facts["revision"])
    mark = settings.data_dir / MARK
    started = time.monotonic()
    try:
        _require_place(settings, url, replace, goes_on=mark.exists())
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        mark.write_text(json.dumps({"folder": str(root), "name": name}))
        files, size = _copy_files(place, name, settings.data_dir)
        # On the disk before the rows that name them.
        os.sync()
        loading.load(url, place.folder(name) / DUMP, facts["server_major"])
        rows = loading.compare(url, facts["rows"])
        mark.unlink()
    except psycopg2.Error as err:
        raise RestoreFailed(said(err)) from err
    except OSError as err:
        if err.errno in NO_SPACE:
            raise RestoreFailed(f"The disk of {settings.data_dir} is full. Free some.") from err
        raise RestoreFailed(f"{err.filename or settings.data_dir}: {err.strerror}.") from err
    return Restored(
        name,
        files,
        size,
        rows,
        time.monotonic() - started,
        name == place.names()[-1],
        facts["revision"] not in heads,
    )


def _chosen(place: Place, name: str | None) -> str:
    names = place.names()
    if not names:
        raise RestoreFailed(f"There is no whole backup in {place.root}.")
    if name is not None and name not in names:
        raise RestoreFailed(f"There is no backup {name}. There are: {', '.join(names)}.")
    return name or names[-1]


def _known_revision(revision: str) -> set[str]:
    """Return this release's newest migrations; raise RestoreFailed if it lacks the backup's."""
    script = ScriptDirectory(str(ROOT / "migrations"))
    if revision not in {each.revision for each in script.walk_revisions()}:
        raise RestoreFailed(
            f"The backup is of a newer release: its migration {revision} is unknown here. "
            "Install that release, or a later one, and restore with it."
        )
    return set(script.get_heads())


def _require_place(settings: Settings, url: str, replace: bool, goes_on: bool) -> None:
    with closing(psycopg2.connect(url, connect_timeout=10)) as link:
        if in_use := loading.who_works(link):
            raise RestoreFailed(
                f"The product works on this database ({in_use}). Stop it on every host, then "
                "restore."
            )
        if replace:
            return
        if loading.has_rows(link):
            raise RestoreFailed(
                "The database is not empty. Name another one in DATABASE_URL, or give --replace: "
                "then all that is in it is deleted."
            )
    if not goes_on and any(_has_files(settings.data_dir / tree) for tree in TREES):
        raise RestoreFailed(
            f"{settings.data_dir} is not empty. Name another DATA_DIR, or give --replace: then "
            "files of the same names are overwritten, and others are left for `verify`."
        )


def _has_files(folder: Path) -> bool:
    return any(path.is_file() for path in folder.rglob("*"))


def _copy_files(place: Place, name: str, data_dir: Path) -> tuple[int, int]:
    files = (file for entry in listing.read(place.folder(name) / FILES) for file in entry.files)
    count = size = 0
    with ThreadPoolExecutor(READERS, thread_name_prefix="restore") as readers:
        for batch in _batches(files):
            for file in readers.map(lambda each: _copy(place, each, data_dir), batch):
                count += 1
                size += file.size
    return count, size


def _batches(files: Iterator[Kept]) -> Iterator[list[Kept]]:
    while batch := list(islice(files, TOGETHER)):
        yield batch


def _copy(place: Place, file: Kept, data_dir: Path) -> Kept:
    target = data_dir / file.path
    if not _is_there(target, file):
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name}.part")
        shutil.copyfile(place.file(file.sha256), draft)
        if listing.sha256_of(draft) != file.sha256:
            draft.unlink()
            raise RestoreFailed(
                f"{place.file(file.sha256)} is damaged: {file.path} cannot be restored. Take an "
                "older backup (--at), or another copy of the backups."
            )
        # Known again by the next backup, which then need not read it.
        os.utime(draft, ns=(file.mtime_ns, file.mtime_ns))
        draft.replace(target)
    return file


def _is_there(target: Path, file: Kept) -> bool:
    """Tell whether a broken off restore has brought this file."""
    try:
        found = target.stat()
    except FileNotFoundError:
        return False
    same = (found.st_size, found.st_mtime_ns) == (file.size, file.mtime_ns)
    return same and listing.sha256_of(target) == file.sha256

"""Files and folders that no row names, and leftovers of what was broken off."""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from aoi.extensions import db
from aoi.ids import CROCKFORD, new_id
from aoi.models import Status
from aoi.storage import Storage
from aoi.verification import records
from aoi.verification.findings import MEANINGS, TOO_MANY, Finding, Kind, Report
from aoi.verification.terms import Terms
from aoi.verification.trees import TREES, Tree

DAY = re.compile(r"\d{8}")
STAGED = re.compile(rf"\.(\d{{8}}_\d{{6}}_[{CROCKFORD}]{{8}})\.(\d+)")
DRAFT_SUFFIX = ".part"
INCOMING_PREFIX = "incoming-"
# Of the file system and its servers, not of the agent.
FOREIGN = ("lost+found",)
BATCH = 1000


def _trash_name() -> str:
    # A folder for each run, so that nothing moved before is ever overwritten.
    day, rest = new_id(datetime.now(UTC)).split("_", 1)
    return f"{day}/{rest}"


@dataclass
class Sweeper:
    """Walks the data folder, a day at a time, and tells or mends what it finds."""

    storage: Storage
    terms: Terms
    report: Report
    _trash: str = field(default_factory=_trash_name)

    def sweep(self) -> None:
        for tree in TREES:
            for entry in _entries(self.storage.root / tree.name):
                if entry.is_dir() and DAY.fullmatch(entry.name):
                    self._sweep_day(tree, Path(entry.path))
                elif not entry.name.startswith(".") and entry.name not in FOREIGN:
                    self._settle_orphan(tree, f"{tree.name}/{entry.name}")
        for entry in _entries(self.storage.incoming):
            if entry.name.startswith(INCOMING_PREFIX):
                self._settle_leftover(Path(entry.path), receiving=True)

    def _sweep_day(self, tree: Tree, folder: Path) -> None:
        entries = _entries(folder)
        while names := [entry.name for entry in islice(entries, BATCH)]:
            shown = []
            for name in names:
                if name.endswith(DRAFT_SUFFIX) and tree.kind is Kind.ORPHAN_THUMBNAIL:
                    self._settle_leftover(folder / name, receiving=True)
                elif match := STAGED.fullmatch(name):
                    self._settle_staged(folder / name, match[1], int(match[2]))
                elif not name.startswith("."):
                    shown.append(name)
            in_use = self._in_use(tree, shown)
            for name in shown:
                relative = f"{tree.name}/{folder.name}/{name}"
                if relative not in in_use:
                    self._settle_orphan(tree, relative)

    def _in_use(self, tree: Tree, names: Collection[str]) -> set[str]:
        ids = {unique_id for name in names if (unique_id := tree.id_of(name))}
        try:
            return tree.in_use(self.storage, ids) if ids else set()
        finally:
            # Nothing of the pool is held while files are looked at.
            db.session.close()

    def _settle_orphan(self, tree: Tree, relative: str) -> None:
        path = self.storage.absolute(relative)
        unique_id = tree.id_of(path.name)

        def is_orphan() -> bool:
            if unique_id is None:
                return True
            # Results are put in place under this lock, before their rows are committed.
            records.lock(unique_id)
            return relative not in tree.in_use(self.storage, {unique_id})

        self._settle(
            tree.kind, path, is_orphan, self._move, "No row names it.", tree.kind in _RECEIVED
        )

    def _settle_staged(self, path: Path, unique_id: str, attempt: int) -> None:
        def is_broken_off() -> bool:
            upload = records.lock(unique_id)
            running = upload is not None and upload.status == Status.PROCESSING
            return not (running and upload is not None and upload.attempts == attempt)

        detail = "Results of an inspection that was broken off."
        self._settle(Kind.LEFTOVER, path, is_broken_off, _remove, detail)

    def _settle_leftover(self, path: Path, receiving: bool) -> None:
        detail = "A file that was never received or written to its end."
        self._settle(Kind.LEFTOVER, path, lambda: True, _remove, detail, receiving)

    def _settle(
        self,
        kind: Kind,
        path: Path,
        holds: Callable[[], bool],
        repair: Callable[[Path], None],
        detail: str,
        receiving: bool = False,
    ) -> None:
        """Report, and mend, what is old enough and still `holds` right before the deed."""
        subject, left, mended = str(path.relative_to(self.storage.root)), None, False
        try:
            if not self.terms.is_left(path.lstat(), receiving) or not holds():
                return
            if self.terms.repair and self.terms.is_withheld(kind, self.report):
                left = TOO_MANY
            elif self.terms.repair:
                repair(path)
                mended = True
        except FileNotFoundError:
            return  # somebody else was quicker
        except OSError as err:
            left = f"It cannot be mended: {err.strerror}. {MEANINGS[kind].advice}"
        finally:
            db.session.close()
        self.report.add(Finding(kind, subject, detail, mended, left))

    def _move(self, path: Path) -> None:
        root = self.storage.root
        target = root / "orphans" / self._trash / path.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, "its place in orphans/ is taken")
        os.rename(path, target)


# Their files are in place while the rest of the same call is still being received.
_RECEIVED = frozenset({Kind.ORPHAN_INPUT, Kind.ORPHAN_THUMBNAIL})


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except FileNotFoundError:
        return


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()

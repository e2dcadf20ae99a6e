"""Gather the files of one moment: those kept before by a look, new ones by reading them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from aoi.backup.listing import Earlier, Entry, Kept
from aoi.backup.moment import Row
from aoi.backup.place import Place
from aoi.storage import RESULT_SUFFIXES, Storage

# Reading and hashing run outside the interpreter's lock; more readers only make a disk seek.
READERS = 2
TOGETHER = 500
# On a disk that is not mounted all files are missing.
NAMED = 1000


@dataclass
class Tally:
    """What was gathered; `read` are the attempts of the images that were read, not known."""

    images: int = 0
    files: int = 0
    bytes: int = 0
    new_files: int = 0
    new_bytes: int = 0
    missing_files: int = 0
    damaged_files: int = 0
    # The first of each.
    missing: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    read: dict[str, int] = field(default_factory=dict)
    incomplete: set[str] = field(default_factory=set)


@dataclass
class Gathering:
    """One walk through all images, in the order of their ids."""

    storage: Storage
    place: Place
    earlier: Earlier
    not_trusted: Collection[str] = ()
    tally: Tally = field(default_factory=Tally)

    def entries(self, rows: Iterable[Row]) -> Iterator[Entry]:
        """Yield the files of each image, kept in the place by then."""
        rows = iter(rows)
        with ThreadPoolExecutor(READERS, thread_name_prefix="backup") as readers:
            while batch := list(islice(rows, TOGETHER)):
                known = [self._known(row) for row in batch]
                gathered = readers.map(self._gather, batch, known)
                for row, before, entry in zip(batch, known, gathered, strict=True):
                    self._count(row, before, entry)
                    yield entry

    def _known(self, row: Row) -> Entry | None:
        found = self.earlier.find(row.img_unique_id)
        if found is None or found.attempts != row.attempts or found.missing:
            return None
        return None if row.img_unique_id in self.not_trusted else found

    def _gather(self, row: Row, known: Entry | None) -> Entry:
        entry = Entry(row.img_unique_id, row.attempts)
        before = {file.path: file for file in known.files} if known else {}
        wanted, optional = _paths(row, self.storage)
        for path in (*wanted, *optional):
            try:
                entry.files.append(self._kept(path, before.get(path)))
            except FileNotFoundError:
                if path in wanted:
                    entry.missing.append(path)
        return entry

    def _kept(self, path: str, before: Kept | None) -> Kept:
        source = self.storage.absolute(path)
        if before is not None and self.place.has(before.sha256, before.size):
            # Of the same inspection: deleted since, its bytes are still what this moment names.
            with suppress(FileNotFoundError):
                found = source.stat()
                if (found.st_size, found.st_mtime_ns) != (before.size, before.mtime_ns):
                    return self.place.keep(source, path)
            return before
        return self.place.keep(source, path)

    def _count(self, row: Row, known: Entry | None, entry: Entry) -> None:
        tally, before = self.tally, set(known.files) if known else set()
        tally.images += 1
        tally.files += len(entry.files)
        tally.bytes += sum(file.size for file in entry.files)
        new = [file for file in entry.files if file not in before]
        tally.new_files += len(new)
        tally.new_bytes += sum(file.size for file in new)
        if new or entry.missing:
            tally.read[row.img_unique_id] = row.attempts
        if entry.missing:
            tally.missing_files += len(entry.missing)
            tally.missing.extend(entry.missing[: NAMED - len(tally.missing)])
            tally.incomplete.add(row.img_unique_id)
        for file in entry.files:
            is_input = row.input_sha256 is not None and file.path == row.input_path
            if is_input and file.sha256 != row.input_sha256:
                tally.damaged_files += 1
                tally.damaged.extend([file.path][: NAMED - len(tally.damaged)])


def _paths(row: Row, storage: Storage) -> tuple[list[str], list[str]]:
    """Return the files an image must have, and those that may be there besides."""
    unique_id = row.img_unique_id
    wanted = [row.input_path] if row.input_path else []
    optional = [str(storage.thumbnail_path(unique_id).relative_to(storage.root))]
    if row.has_result:
        results = [storage.result_path(unique_id, kind) for kind in RESULT_SUFFIXES]
        wanted += results
        folder = Path(storage.result_folder(unique_id))
        with suppress(FileNotFoundError):
            names = sorted(path.name for path in storage.absolute(str(folder)).iterdir())
            optional += [str(folder / name) for name in names if str(folder / name) not in results]
    return wanted, optional

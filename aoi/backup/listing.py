"""The list of a backup's files: one line of JSON for each image, by id, compressed."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import orjson

CHUNK_BYTES = 1 << 20


class Kept(NamedTuple):
    """A file as it was kept: its path in the data folder, bytes, time, and SHA-256."""

    path: str
    size: int
    mtime_ns: int
    sha256: str


@dataclass
class Entry:
    """The files of one image as of one inspection, and those that should be there but are not."""

    img_unique_id: str
    attempts: int
    files: list[Kept] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def write(path: Path, entries: Iterable[Entry]) -> None:
    with gzip.open(path, "wb", compresslevel=1) as file:
        for entry in entries:
            files = [list(file) for file in entry.files]
            line = [entry.img_unique_id, entry.attempts, files, entry.missing]
            file.write(orjson.dumps(line) + b"\n")


def read(path: Path) -> Iterator[Entry]:
    with gzip.open(path, "rb") as file:
        for line in file:
            unique_id, attempts, files, missing = orjson.loads(line)
            yield Entry(unique_id, attempts, [Kept(*each) for each in files], missing)


class Earlier:
    """An earlier list, asked for one image after the other in the order of their ids."""

    def __init__(self, path: Path | None) -> None:
        self._entries = iter(read(path)) if path else iter(())
        self._next = next(self._entries, None)

    def find(self, img_unique_id: str) -> Entry | None:
        while self._next is not None and self._next.img_unique_id < img_unique_id:
            self._next = next(self._entries, None)
        found = self._next
        return found if found is not None and found.img_unique_id == img_unique_id else None


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()

"""Where pyramids are kept, and which of them go when they are too many."""

from __future__ import annotations

import fcntl
import os
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from aoi.eviction import Kept, evict, measured, remove

COARSE_SUFFIX = ".coarse.zip"
SUFFIX = ".zip"
DRAFTS = ".drafts"
LOCKS = ".locks"
LOCK_COUNT = 64
# No pyramid takes so long to make: what is older was broken off.
DRAFT_SECONDS = 3600


@dataclass(frozen=True)
class Place:
    """Where the pyramid of one picture is kept.

    Its name tells of which bytes it was made, so one of a result that was replaced is never
    shown. The coarse one has the upper levels only: it is small, outlasts the full one and fills
    the screen at once while that is made.
    """

    folder: Path
    kind: str
    source: Path
    state: str

    @classmethod
    def of(cls, folder: Path, kind: str, source: Path) -> Place:
        """Raises FileNotFoundError if the source is not there."""
        stat = source.stat()
        return cls(folder, kind, source, f"{stat.st_mtime_ns:x}-{stat.st_size:x}")

    @property
    def full(self) -> Path:
        return self.folder / f"{self.kind}-{self.state}{SUFFIX}"

    @property
    def coarse(self) -> Path:
        return self.folder / f"{self.kind}-{self.state}{COARSE_SUFFIX}"

    def is_current(self) -> bool:
        """Tell whether the source is still there, and still the same."""
        try:
            return Place.of(self.folder, self.kind, self.source) == self
        except FileNotFoundError:
            return False


@contextmanager
def only_one(root: Path, name: str) -> Iterator[None]:
    """Hold a lock among all processes; a few names share one, so never hold two."""
    (root / LOCKS).mkdir(parents=True, exist_ok=True)
    number = zlib.crc32(name.encode()) % LOCK_COUNT
    with (root / LOCKS / str(number)).open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def publish(draft: Path, target: Path) -> None:
    """Put a finished draft under its name; its folder may be taken away at any moment."""
    while True:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.replace(draft, target)
        except FileNotFoundError:
            if not draft.exists():
                raise
        else:
            return


def mark_used(path: Path, every_seconds: float = 60) -> None:
    """Note that a pyramid is in use: the least recently used go first."""
    with suppress(OSError):
        if time.time() - path.stat().st_mtime > every_seconds:
            os.utime(path)


def trim(
    root: Path, limit_bytes: int, unused_seconds: float | None = None, keep: Path | None = None
) -> int:
    """Take away the least recently used until the limit holds, and what was broken off.

    Coarse pyramids go after the full ones, unless they alone take half of the limit. With
    `unused_seconds` all go that nobody looked at for so long; `keep` stays in any case. Returns
    the bytes freed.
    """
    now = time.time()
    oldest = now - (unused_seconds if unused_seconds is not None else now)
    freed = sum(
        remove(path, size) for used, size, path in _drafts(root) if now - used > DRAFT_SECONDS
    )
    kept = [each for each in sorted(_pyramids(root)) if each[2] != keep]
    coarse = [each for each in kept if each[2].name.endswith(COARSE_SUFFIX)]
    full = [each for each in kept if not each[2].name.endswith(COARSE_SUFFIX)]
    freed_coarse, left = evict(coarse, limit_bytes // 2, oldest, root)
    own = keep.stat().st_blocks * 512 if keep is not None and keep.exists() else 0
    return freed + freed_coarse + evict(full, limit_bytes - left - own, oldest, root)[0]


def _pyramids(root: Path) -> Iterator[Kept]:
    return measured(root.glob(f"[0-9]*/*/*{SUFFIX}"))


def _drafts(root: Path) -> Iterator[Kept]:
    return measured(root.glob(f"{DRAFTS}/*"))

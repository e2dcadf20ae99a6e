"""Files that can be made again, kept within a limit: the least recently used go first."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

# When a file was used last, the bytes it takes on the disk, and where it is.
Kept = tuple[float, int, Path]


def measured(
    paths: Iterable[Path], used: Callable[[os.stat_result], float] = lambda stat: stat.st_mtime
) -> Iterator[Kept]:
    """Tell of each file that is still there."""
    for path in paths:
        with suppress(FileNotFoundError):
            stat = path.stat()
            yield used(stat), stat.st_blocks * 512, path


def evict(files: Sequence[Kept], limit_bytes: int, oldest: float, root: Path) -> tuple[int, int]:
    """Remove the first of `files` until the rest is within limit and age; return freed and left.

    Folders below `root` that become empty go too.
    """
    freed, left = 0, sum(size for _, size, _ in files)
    for used, size, path in files:
        if left <= limit_bytes and used >= oldest:
            break  # the rest was used later
        freed += remove(path, size)
        left -= size
        _drop_empty(path.parent, root)
    return freed, left


def remove(path: Path, size: int) -> int:
    """Remove a file; return the bytes that this freed."""
    try:
        path.unlink()
    except FileNotFoundError:
        return 0  # somebody else was quicker
    return size


def _drop_empty(folder: Path, root: Path) -> None:
    with suppress(OSError):
        while folder != root:
            folder.rmdir()
            folder = folder.parent

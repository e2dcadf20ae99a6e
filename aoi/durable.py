"""Put files and folders on the disk for good: whoever returns from here may lose power."""

from __future__ import annotations

import errno
import mmap
import os
import threading
from pathlib import Path

# What O_DIRECT wants offsets, lengths and addresses to be multiples of; no disk wants more.
BLOCK = 4096
BUFFER_BYTES = 4 * 1024 * 1024
# Below it the page cache costs less than the padding and the extra calls.
DIRECT_FROM = 256 * 1024
_own = threading.local()


def write_durably(path: Path, data: bytes) -> None:
    """Write a new file and wait until its bytes are on the disk.

    Large ones go past the page cache: they must be on the disk at once anyway, and filling the
    cache took most of an inspection's processor time. Where a file system has no O_DIRECT
    (tmpfs, some network ones) they go through it.
    """
    if len(data) < DIRECT_FROM or not _written_directly(path, data):
        with path.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())


def _written_directly(path: Path, data: bytes) -> bool:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_DIRECT
    try:
        handle = os.open(path, flags, 0o666)
    except OSError as err:
        if err.errno == errno.EINVAL:
            return False
        raise
    try:
        _write_blocks(handle, data)
        os.ftruncate(handle, len(data))
        os.fsync(handle)
    except OSError as err:
        if err.errno == errno.EINVAL:
            return False
        raise
    finally:
        os.close(handle)
    return True


def _write_blocks(handle: int, data: bytes) -> None:
    buffer = _buffer()
    for start in range(0, len(data), BUFFER_BYTES):
        part = data[start : start + BUFFER_BYTES]
        buffer[: len(part)] = part
        padded = -(-len(part) // BLOCK) * BLOCK
        with memoryview(buffer)[:padded] as whole:
            if os.write(handle, whole) != padded:
                # A disk that takes only a part has no room for the rest.
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _buffer() -> mmap.mmap:
    """Return this thread's buffer, which begins at a page as O_DIRECT wants it."""
    if not hasattr(_own, "buffer"):
        _own.buffer = mmap.mmap(-1, BUFFER_BYTES)
    buffer: mmap.mmap = _own.buffer
    return buffer


def make_folder(path: Path) -> None:
    """Make a folder and its parents, each entered in its parent for good."""
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(exist_ok=True)
    sync(path.parent)


def sync(path: Path) -> None:
    """Wait until a file's bytes, or a folder's entries, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

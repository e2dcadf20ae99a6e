"""Stored files in a ZIP that is sent while it is written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from zipstream import ZipStream

READ_BYTES = 256 * 1024


def add_file(zipped: ZipStream, name: str, path: Path, opened: ExitStack) -> bool:
    """Add a file as it is stored, held open until `opened` is closed; False where it is missing.

    Once it has begun, a file that is deleted cannot break the ZIP off.
    """
    try:
        file = opened.enter_context(path.open("rb", 0))
    except FileNotFoundError:
        return False
    zipped.add(_read(file), name, size=os.fstat(file.fileno()).st_size)
    return True


def _read(file: IO[bytes]) -> Iterator[bytes]:
    while data := file.read(READ_BYTES):
        yield data

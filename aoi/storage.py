"""Where files are. Each appears whole or not at all, and is on the disk before it is told of."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

from aoi.disk import require_below
from aoi.durable import make_folder, sync, write_durably
from aoi.exceptions import StorageFull
from aoi.ids import day_of

RESULT_SUFFIXES = {
    "combined": "combined.png",
    "mask": "mask.png",
    "overlay": "overlay.png",
    "analysis": "analysis.json",
}
NO_SPACE = {errno.ENOSPC, errno.EDQUOT}
# PostgreSQL stops altogether on a full disk, so uploads stop before; also what a few results need.
RESERVE_BYTES = 64 * 1024 * 1024
# Leaves room for the id in a name of at most 255 bytes, and in a column of 500 characters.
MAX_STEM_BYTES = 120


@contextmanager
def full_disk_told() -> Iterator[None]:
    """Turn the system's word for a full disk into StorageFull."""
    try:
        yield
    except OSError as err:
        if err.errno in NO_SPACE:
            raise StorageFull() from err
        raise


class IncomingFile:
    """A file being received: hashed as it is written, gone when closed unless kept.

    `size` is in bytes; `sha256` in hexadecimal.
    """

    def __init__(self, folder: Path) -> None:
        with full_disk_told():
            folder.mkdir(parents=True, exist_ok=True)
            self._file: IO[bytes] = NamedTemporaryFile(dir=folder, prefix="incoming-", delete=False)
        self.path = Path(self._file.name)
        self.size = 0
        self._hash = hashlib.sha256()

    def write(self, data: bytes) -> None:
        with full_disk_told():
            self._file.write(data)
        self.size += len(data)
        self._hash.update(data)

    def finish(self) -> None:
        """Let the bytes be read by `path`; they are not yet safe from a power cut."""
        with full_disk_told():
            self._file.close()

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def discard(self) -> None:
        """Drop the file, unless it was kept under its lasting name."""
        # Closing may flush, and fail again on a full disk.
        with suppress(OSError):
            self._file.close()
        self.path.unlink(missing_ok=True)


@dataclass(frozen=True)
class Storage:
    """The data folder. Paths that are stored in rows are relative to it."""

    root: Path
    full_percent: float = 95.0
    # Most that outlines and class maps may take.
    outline_cache_bytes: int = 1024**3

    @property
    def incoming(self) -> Path:
        return self.root / "incoming"

    @property
    def is_there(self) -> bool:
        """Whether images were ever stored here: not so on a disk that is not mounted."""
        return (self.root / "uploads").is_dir()

    def absolute(self, relative: str) -> Path:
        return self.root / relative

    def has_room(self, size: int = 0) -> bool:
        """Tell whether `size` bytes more would leave the disk its reserve."""
        self.root.mkdir(parents=True, exist_ok=True)
        return shutil.disk_usage(self.root).free - size >= RESERVE_BYTES

    def require_room(self, size: int) -> None:
        """Raise StorageFull unless there is room; the database may share the disk."""
        if not self.has_room(size):
            raise StorageFull()

    def receive(self) -> IncomingFile:
        """Begin a file; raise StorageFull where the disk is past its mark."""
        require_below(self.full_percent, self.root)
        return IncomingFile(self.incoming)

    def keep_input(self, file: IncomingFile, unique_id: str, name: str, extension: str) -> str:
        """Move a received file under its lasting name, safe from a power cut; return its path."""
        relative = f"uploads/{day_of(unique_id)}/{unique_id}_{safe_stem(name)}.{extension}"
        target = self.absolute(relative)
        with full_disk_told():
            make_folder(target.parent)
            sync(file.path)
            os.replace(file.path, target)
            try:
                sync(target.parent)
            except OSError:
                target.unlink(missing_ok=True)
                raise
        return relative

    def thumbnail_path(self, unique_id: str) -> Path:
        return self.root / "thumbnails" / day_of(unique_id) / f"{unique_id}.jpg"

    def keep_thumbnail(self, unique_id: str, jpeg: bytes) -> None:
        """Store a thumbnail; it can be made again, so it is not synced."""
        path = self.thumbnail_path(unique_id)
        with full_disk_told():
            make_folder(path.parent)
            draft = path.with_suffix(f".{os.getpid()}.part")
            try:
                draft.write_bytes(jpeg)
                os.replace(draft, path)
            except OSError:
                draft.unlink(missing_ok=True)
                raise

    def outlines_path(self, unique_id: str) -> Path:
        """Return where the traced outlines are kept; they can be traced again."""
        return self.root / "cache" / "outlines" / day_of(unique_id) / f"{unique_id}.json"

    def class_map_path(self, unique_id: str) -> Path:
        """Return where the mask is kept as a class map; it can be made again."""
        return self.root / "cache" / "classmaps" / day_of(unique_id) / f"{unique_id}.png"

    def result_folder(self, unique_id: str) -> str:
        return f"results/{day_of(unique_id)}/{unique_id}"

    def result_path(self, unique_id: str, kind: str) -> str:
        """Return where a result is kept; `kind` is a key of RESULT_SUFFIXES."""
        return f"{self.result_folder(unique_id)}/{unique_id}_{RESULT_SUFFIXES[kind]}"

    def stage_results(self, unique_id: str, attempt: int, files: Mapping[str, bytes]) -> Path:
        """Write one attempt's results, synced, into a folder of its own beside the final one."""
        final = self.absolute(self.result_folder(unique_id))
        staged = final.with_name(f".{unique_id}.{attempt}")
        with full_disk_told():
            make_folder(final.parent)
            shutil.rmtree(staged, ignore_errors=True)
            staged.mkdir()
            try:
                for kind, data in files.items():
                    write_durably(staged / f"{unique_id}_{RESULT_SUFFIXES[kind]}", data)
                sync(staged)
            except OSError:
                shutil.rmtree(staged, ignore_errors=True)
                raise
        return staged

    def publish_results(self, unique_id: str, staged: Path) -> None:
        """Put staged results in place of whatever an earlier attempt left there."""
        final = self.absolute(self.result_folder(unique_id))
        with full_disk_told():
            shutil.rmtree(final, ignore_errors=True)
            os.rename(staged, final)
            sync(final.parent)

    def drop_staged(self, staged: Path) -> None:
        shutil.rmtree(staged, ignore_errors=True)

    @property
    def tiles(self) -> Path:
        return self.root / "cache" / "tiles"

    def tiles_folder(self, unique_id: str) -> Path:
        """Return where the tiles of an image are kept; they can be made again at any time."""
        return self.tiles / day_of(unique_id) / unique_id

    def delete(self, unique_id: str, input_path: str | None) -> None:
        """Remove all files of one image; what is already gone is fine."""
        if input_path:
            self.absolute(input_path).unlink(missing_ok=True)
        self.thumbnail_path(unique_id).unlink(missing_ok=True)
        shutil.rmtree(self.absolute(self.result_folder(unique_id)), ignore_errors=True)
        # After the mask, so that nothing made of it meanwhile stays.
        self.outlines_path(unique_id).unlink(missing_ok=True)
        self.class_map_path(unique_id).unlink(missing_ok=True)
        shutil.rmtree(self.tiles_folder(unique_id), ignore_errors=True)


def safe_stem(name: str) -> str:
    """Return the stem of a client's file name, fit for any file system: letters, digits, `._-`."""
    stem = Path(name.replace("\\", "/").rsplit("/", 1)[-1]).stem
    stem = unicodedata.normalize("NFC", stem)
    stem = re.sub(r"[^\w.-]+", "_", stem).strip("._")
    while len(stem.encode()) > MAX_STEM_BYTES:
        stem = stem[:-1]
    return stem or "image"

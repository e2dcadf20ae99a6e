"""Segments in files: written piece by piece, read as memory that processes share."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from aoi.search.part import Class
from aoi.search.segment import (
    IMAGE_COLUMNS,
    REGION_COLUMNS,
    SORTED,
    Array,
    Segment,
    sorted_places,
)

# Another layout than this is another program's.
LAYOUT = 2
DESCRIPTION = "segment.json"
STARTS = ("name_starts", "region_starts")
COLUMNS: dict[str, np.dtype[Any]] = (
    IMAGE_COLUMNS
    | REGION_COLUMNS
    | {"letters": np.dtype(np.uint8)}
    | {name: np.dtype(np.int64) for name in (*STARTS, *SORTED)}
)


@dataclass(frozen=True)
class Stored:
    """A segment in files, and the moment of the log of changes that it holds."""

    folder: Path
    epoch: str
    version: int
    classes: tuple[Class, ...]
    segment: Segment


def newest(folder: Path, epoch: str) -> Stored | None:
    """Open the newest segment of an epoch; None if there is none that can be read."""
    found = sorted(folder.glob(f"{epoch}-*"), key=lambda path: path.name, reverse=True)
    for path in found:
        if path.suffix == "" and (stored := _open(path)) is not None:
            return stored
    return None


def _open(folder: Path) -> Stored | None:
    try:
        told = json.loads((folder / DESCRIPTION).read_bytes())
        if told["layout"] != LAYOUT:
            return None
        columns = {
            name: _map(folder / name, COLUMNS[name], length)
            for name, length in told["lengths"].items()
        }
        classes = tuple((int(number), str(name)) for number, name in told["classes"])
        return Stored(folder, told["epoch"], told["version"], classes, Segment(**columns))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _map(path: Path, kind: np.dtype[Any], length: int) -> Array:
    if length == 0:
        return np.empty(0, kind)
    return np.memmap(path, kind, "r", shape=(length,))


def write(
    folder: Path, epoch: str, version: int, classes: Iterable[Class], pieces: Iterable[Segment]
) -> Stored:
    """Write a segment from pieces in order, and open it; older ones are removed."""
    final = folder / f"{epoch}-{version:019d}"
    draft = final.with_suffix(".new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    lengths = _write_columns(draft, pieces)
    told = {
        "layout": LAYOUT,
        "epoch": epoch,
        "version": version,
        "classes": list(classes),
        "lengths": lengths,
    }
    (draft / DESCRIPTION).write_text(json.dumps(told))
    shutil.rmtree(final, ignore_errors=True)
    draft.rename(final)
    for other in folder.iterdir():
        if other != final:
            # A process that has it open keeps its memory.
            shutil.rmtree(other, ignore_errors=True)
    stored = _open(final)
    if stored is None:
        raise OSError(f"{final} cannot be read back")
    return stored


def _write_columns(folder: Path, pieces: Iterable[Segment]) -> dict[str, int]:
    ends = dict.fromkeys(STARTS, 0)
    with ExitStack() as stack:
        files = {name: stack.enter_context((folder / name).open("wb")) for name in COLUMNS}
        for name in STARTS:
            files[name].write(np.zeros(1, np.int64).tobytes())
        for piece in pieces:
            for name, file in files.items():
                if name in STARTS:
                    starts = getattr(piece, name)[1:] + ends[name]
                    ends[name] = int(starts[-1]) if len(starts) else ends[name]
                    file.write(starts.tobytes())
                elif name not in SORTED:
                    file.write(np.ascontiguousarray(getattr(piece, name)).tobytes())
    for name, of in SORTED.items():
        column = np.fromfile(folder / of, COLUMNS[of])
        sorted_places(column).astype(np.int64).tofile(folder / name)
    return {name: (folder / name).stat().st_size // kind.itemsize for name, kind in COLUMNS.items()}

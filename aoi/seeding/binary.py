"""Columns of numbers and texts as the rows of PostgreSQL's binary COPY.

Written for a whole chunk at once: row by row, ten million regions would take minutes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
NULL = -1
# PostgreSQL counts microseconds from the year 2000.
EPOCH = np.datetime64("2000-01-01T00:00:00", "us")

Array = NDArray[Any]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Column:
    """The values of one column: `body` holds (rows, width) bytes, of which `lengths` count."""

    body: NDArray[np.uint8]
    lengths: NDArray[np.int32] | int


def texts(values: Array, present: Flags | None = None) -> Column:
    """Take byte strings; those not `present` are NULL."""
    values = np.ascontiguousarray(values)
    lengths = np.strings.str_len(values).astype(np.int32)
    return Column(_bytes_of(values), _nulled(lengths, present))


def integers(values: Array, present: Flags | None = None) -> Column:
    return _fixed(np.asarray(values).astype(">i4"), present)


def floats(values: Array, present: Flags | None = None) -> Column:
    return _fixed(np.asarray(values).astype(">f8"), present)


def moments(values: Array) -> Column:
    """Take datetime64 in UTC."""
    return _fixed((values.astype("M8[us]") - EPOCH).astype(">i8"), None)


def rows(columns: Mapping[str, Column]) -> bytes:
    """Return the rows of one COPY, header and trailer included."""
    parts = list(columns.values())
    count = len(parts[0].body)
    width = 2 + sum(4 + part.body.shape[1] for part in parts)
    out = np.empty((count, width), np.uint8)
    kept = np.ones((count, width), np.bool_)
    out[:, :2] = np.frombuffer(len(parts).to_bytes(2, "big"), np.uint8)
    start = 2
    for part in parts:
        size = part.body.shape[1]
        lengths = np.asarray(part.lengths, ">i4").reshape(-1, 1)
        out[:, start : start + 4] = _bytes_of(lengths)
        start += 4
        out[:, start : start + size] = part.body
        if not isinstance(part.lengths, int):
            kept[:, start : start + size] = np.arange(size) < lengths
        start += size
    return b"".join((HEADER, out[kept].tobytes(), TRAILER))


def _fixed(values: Array, present: Flags | None) -> Column:
    size = values.dtype.itemsize
    if present is None:
        return Column(_bytes_of(values), size)
    return Column(_bytes_of(values), _nulled(np.full(len(values), size, np.int32), present))


def _nulled(lengths: NDArray[np.int32], present: Flags | None) -> NDArray[np.int32]:
    return lengths if present is None else np.where(present, lengths, np.int32(NULL))


def _bytes_of(values: Array) -> NDArray[np.uint8]:
    flat = np.ascontiguousarray(values).reshape(len(values), values[:1].size or 1)
    return flat.view(np.uint8)

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from aoi import durable

SIZES = (0, 1, durable.BLOCK, durable.DIRECT_FROM - 1, durable.DIRECT_FROM, 300_001)


@pytest.mark.parametrize("size", [*SIZES, durable.BUFFER_BYTES, durable.BUFFER_BYTES + 5])
def test_every_byte_is_written(tmp_path: Path, size: int) -> None:
    data = os.urandom(size)
    durable.write_durably(tmp_path / "file", data)
    assert (tmp_path / "file").read_bytes() == data


@pytest.mark.parametrize("refused", ["open", "write"])
def test_file_systems_without_direct_writes_are_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    honest = getattr(os, refused)

    def refuse(*arguments: object, **named: object) -> int:
        if refused == "write" or (int(str(arguments[1])) & os.O_DIRECT):
            raise OSError(errno.EINVAL, "no O_DIRECT here")
        return int(honest(*arguments, **named))

    monkeypatch.setattr(durable.os, refused, refuse)
    data = os.urandom(durable.DIRECT_FROM + 3)
    durable.write_durably(tmp_path / "file", data)
    assert (tmp_path / "file").read_bytes() == data


def test_a_disk_that_takes_a_part_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durable.os, "write", lambda handle, data: durable.BLOCK)
    with pytest.raises(OSError) as caught:
        durable.write_durably(tmp_path / "file", bytes(durable.DIRECT_FROM))
    assert caught.value.errno == errno.ENOSPC


def test_folders_are_made_with_their_parents(tmp_path: Path) -> None:
    durable.make_folder(tmp_path / "a" / "b")
    durable.make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()

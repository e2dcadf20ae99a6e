from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aoi.exceptions import StorageFull
from aoi.ids import new_id
from aoi.storage import RESERVE_BYTES, IncomingFile, Storage, full_disk_told, safe_stem
from tests.pictures import sha256

ID = "20260225_103045_7K3QH2ZD"
RESULTS = {"combined": b"c", "mask": b"m", "overlay": b"o", "analysis": b"{}"}


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage(tmp_path / "data")


def received(storage: Storage, data: bytes = b"some bytes") -> IncomingFile:
    file = storage.receive()
    file.write(data)
    file.finish()
    return file


def kept(storage: Storage) -> list[str]:
    return sorted(str(p.relative_to(storage.root)) for p in storage.root.rglob("*") if p.is_file())


def no_space(*_: Any, **__: Any) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class TestReceiving:
    def test_a_file_is_measured_and_hashed_as_it_comes(self, storage: Storage) -> None:
        file = storage.receive()
        file.write(b"some ")
        file.write(b"bytes")
        file.finish()
        assert (file.size, file.sha256) == (10, sha256(b"some bytes"))
        assert file.path.read_bytes() == b"some bytes"

    def test_discarded_it_is_gone(self, storage: Storage) -> None:
        received(storage).discard()
        storage.receive().discard()
        assert kept(storage) == []

    def test_kept_it_stays_when_discarded(self, storage: Storage) -> None:
        file = received(storage)
        path = storage.keep_input(file, ID, "panel.png", "png")
        file.discard()
        assert kept(storage) == [path] == [f"uploads/20260225/{ID}_panel.png"]
        assert storage.absolute(path).read_bytes() == b"some bytes"


class TestResults:
    def test_they_appear_together(self, storage: Storage) -> None:
        staged = storage.stage_results(ID, 1, RESULTS)
        assert not storage.absolute(storage.result_folder(ID)).exists()
        storage.publish_results(ID, staged)
        base = f"results/20260225/{ID}/{ID}"
        assert kept(storage) == [
            f"{base}_analysis.json", f"{base}_combined.png",
            f"{base}_mask.png", f"{base}_overlay.png",
        ]  # fmt: skip
        assert storage.absolute(storage.result_path(ID, "mask")).read_bytes() == b"m"

    def test_a_later_attempt_takes_their_place(self, storage: Storage) -> None:
        storage.publish_results(ID, storage.stage_results(ID, 1, RESULTS))
        again = storage.stage_results(ID, 2, RESULTS | {"mask": b"other"})
        storage.publish_results(ID, again)
        assert storage.absolute(storage.result_path(ID, "mask")).read_bytes() == b"other"
        assert len(kept(storage)) == 4

    def test_what_an_attempt_left_is_written_anew(self, storage: Storage) -> None:
        staged = storage.stage_results(ID, 1, RESULTS)
        (staged / "left").write_bytes(b"over")
        assert storage.stage_results(ID, 1, RESULTS) == staged
        assert not (staged / "left").exists()

    def test_dropped_they_are_gone(self, storage: Storage) -> None:
        storage.drop_staged(storage.stage_results(ID, 1, RESULTS))
        assert kept(storage) == []


def test_deleting_removes_all_of_one_image_and_nothing_else(storage: Storage) -> None:
    paths = {}
    for unique_id in (ID, ID[:-1] + "X"):
        paths[unique_id] = storage.keep_input(received(storage), unique_id, "a.png", "png")
        storage.keep_thumbnail(unique_id, b"jpeg")
        storage.publish_results(unique_id, storage.stage_results(unique_id, 1, RESULTS))
    before = kept(storage)
    storage.delete(ID, paths[ID])
    assert kept(storage) == [path for path in before if ID not in path]
    storage.delete(ID, paths[ID])


class TestFullDisk:
    """Whatever step fails for want of space, nothing half kept stays behind."""

    def test_creating(self, storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("aoi.storage.NamedTemporaryFile", no_space)
        with pytest.raises(StorageFull):
            storage.receive()

    @pytest.mark.parametrize("call", ["replace", "fsync"])
    def test_keeping(self, call: str, storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
        file = received(storage)
        monkeypatch.setattr(os, call, no_space)
        with pytest.raises(StorageFull):
            storage.keep_input(file, ID, "a.png", "png")
        file.discard()
        assert kept(storage) == []

    def test_entering_the_folder(self, storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
        file = received(storage)
        (storage.root / "uploads/20260225").mkdir(parents=True)
        fsync = os.fsync

        def fail_on_folders(handle: int) -> None:
            if os.path.isdir(f"/proc/self/fd/{handle}"):
                no_space()
            fsync(handle)

        monkeypatch.setattr(os, "fsync", fail_on_folders)
        with pytest.raises(StorageFull):
            storage.keep_input(file, ID, "a.png", "png")
        file.discard()
        assert kept(storage) == []

    def test_the_thumbnail(self, storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "replace", no_space)
        with pytest.raises(StorageFull):
            storage.keep_thumbnail(ID, b"jpeg")
        assert kept(storage) == []

    def test_the_results(self, storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
        storage.stage_results(new_id(), 1, {})
        before = kept(storage)
        (storage.root / "results" / "20260225").mkdir(parents=True)
        monkeypatch.setattr(os, "fsync", no_space)
        with pytest.raises(StorageFull):
            storage.stage_results(ID, 1, RESULTS)
        assert kept(storage) == before

    def test_another_fault_keeps_its_name(self) -> None:
        with pytest.raises(PermissionError), full_disk_told():
            raise PermissionError(errno.EACCES, "denied")

    def test_some_space_is_left_for_the_database(self, storage: Storage) -> None:
        assert storage.has_room(1)
        assert not storage.has_room(1 << 60)
        with pytest.raises(StorageFull, match="Free some space"):
            storage.require_room(1 << 60)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB, where we may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting needs root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_really_full_disk_is_told_of(small_disk: Path) -> None:
    storage = Storage(small_disk)
    file = storage.receive()
    with pytest.raises(StorageFull):
        for _ in range(64):
            file.write(bytes(64 * 1024))
    file.discard()
    assert kept(storage) == []
    with pytest.raises(StorageFull):
        storage.stage_results(ID, 1, RESULTS | {"mask": bytes(2_000_000)})
    assert kept(storage) == []
    assert RESERVE_BYTES > 1_000_000 and not storage.has_room()


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("panel.png", "panel"),
        ("../../etc/passwd.png", "passwd"),
        ("a b;c|d.png", "a_b_c_d"),
        ("板 03.tif", "板_03"),
        ("e\u0301.png", "\u00e9"),
        ("-rf.png", "-rf"),
        (".hidden.png", "hidden"),
        ("...png", "image"),
        ("", "image"),
        ("CON.png", "CON"),
        ("長" * 100 + ".png", "長" * 40),
    ],
)
def test_names_are_made_safe(name: str, stem: str) -> None:
    assert safe_stem(name) == stem

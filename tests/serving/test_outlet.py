"""Who takes an answer too slowly."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from aoi.serving import outlet
from aoi.serving.metered import BUSY_SECONDS, LEAST_RATE, TooSlow
from aoi.serving.outlet import Outlet

PATIENCE = 60.0
MB = 1024 * 1024
Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    server, client = socket.socketpair()
    server.settimeout(30)
    with server, client:
        yield server, client


class Clock:
    """Moves on by `step` seconds at each look."""

    def __init__(self, step: float) -> None:
        self.now = 0.0
        self.step = step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


def hurry(monkeypatch: pytest.MonkeyPatch, step: float) -> Clock:
    clock = Clock(step)
    monkeypatch.setattr(outlet, "monotonic", clock)
    monkeypatch.setattr(outlet, "STEP_SECONDS", 0.001)
    return clock


def test_all_arrives_from_memory_and_from_a_file(pair: Pair, tmp_path: Path) -> None:
    server, client = pair
    data = bytes(range(256)) * 8 * 1024 * 2
    (tmp_path / "file").write_bytes(data)
    received = bytearray()

    def read() -> None:
        while piece := client.recv(65536):
            received.extend(piece)

    reading = threading.Thread(target=read)
    reading.start()
    answer = Outlet(server, PATIENCE, lambda: True)
    answer.sendall(data)
    with (tmp_path / "file").open("rb") as file:
        answer.sendfile(file, offset=5, count=len(data) - 10)
    server.shutdown(socket.SHUT_WR)
    reading.join(30)
    assert received == data + data[5:-5]


@pytest.mark.parametrize(
    ("busy", "least", "most"), [(False, PATIENCE, 2 * PATIENCE), (True, BUSY_SECONDS, PATIENCE)]
)
def test_who_takes_nothing_is_cut_off_and_sooner_while_others_wait(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, busy: bool, least: float, most: float
) -> None:
    clock = hurry(monkeypatch, 0.5)
    with pytest.raises(TooSlow):
        Outlet(pair[0], PATIENCE, lambda: busy).sendall(bytes(16 * MB))
    assert least < clock.now < most


def test_who_takes_a_file_in_drops_is_cut_off(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server, client = pair
    path = tmp_path / "file"
    path.write_bytes(bytes(MB))
    clock = hurry(monkeypatch, 1.0)
    answer = Outlet(server, PATIENCE, lambda: False)
    monkeypatch.setattr(outlet, "PIECE", 4096)

    with pytest.raises(TooSlow), path.open("rb") as file:
        while True:  # each piece within a second, but only 4 KB
            answer.sendfile(file, offset=0, count=4096)
            assert len(client.recv(4096)) == 4096
    assert clock.now < 2 * PATIENCE * LEAST_RATE / (LEAST_RATE - 4096) + 2


def test_all_else_is_the_sockets_own(pair: Pair) -> None:
    assert Outlet(pair[0], PATIENCE, lambda: False).fileno() == pair[0].fileno()

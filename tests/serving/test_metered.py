"""A sender's pace, held against a clock that stands still but in waits."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from aoi.serving import metered
from aoi.serving.metered import BUSY_SECONDS, MeteredSocket, TooSlow


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Sender:
    """A socket whose client sends a piece after so many seconds."""

    def __init__(self, clock: Clock, seconds: float, piece: bytes) -> None:
        self.clock, self.seconds, self.piece = clock, seconds, piece
        self.timeout: float | None = None
        self.sent_at = 0.0

    def gettimeout(self) -> float | None:
        return self.timeout

    def settimeout(self, timeout: float | None) -> None:
        self.timeout = timeout

    def recv(self, size: int) -> bytes:
        due = self.sent_at + self.seconds - self.clock.now
        if self.timeout is not None and due > self.timeout:
            self.clock.now += self.timeout
            raise TimeoutError
        self.clock.now += max(0.0, due)
        self.sent_at = self.clock.now
        return self.piece[:size]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(metered, "monotonic", clock)
    return clock


def read_for(sock: MeteredSocket, clock: Clock, seconds: float) -> None:
    while clock.now < seconds:
        sock.recv(65536)


def test_who_sends_nothing_is_cut_off(clock: Clock) -> None:
    sock = MeteredSocket(Sender(clock, 1e9, b"x"), 15, lambda: False)  # type: ignore[arg-type]
    with pytest.raises(TooSlow):
        sock.recv(65536)
    assert clock.now == 15
    assert sock.cut_off


def test_who_trickles_is_cut_off_soon_after(clock: Clock) -> None:
    sock = MeteredSocket(Sender(clock, 1, b"x"), 15, lambda: False)  # type: ignore[arg-type]
    with pytest.raises(TooSlow):
        read_for(sock, clock, 1000)
    assert 15 <= clock.now < 17


def test_who_keeps_the_pace_may_send_for_ever(clock: Clock) -> None:
    piece = b"x" * (metered.LEAST_RATE + 1)
    sock = MeteredSocket(Sender(clock, 1, piece), 15, lambda: False)  # type: ignore[arg-type]
    read_for(sock, clock, 3600)


def test_who_is_slow_makes_room_for_those_who_wait(clock: Clock) -> None:
    piece = b"x" * (metered.LEAST_RATE + 1)
    sock = MeteredSocket(Sender(clock, 1, piece), 15, lambda: clock.now > 100)  # type: ignore[arg-type]
    with pytest.raises(TooSlow):
        read_for(sock, clock, 1000)
    assert 100 <= clock.now <= 100 + BUSY_SECONDS


def test_the_sockets_own_timeout_holds_too(clock: Clock) -> None:
    sender = Sender(clock, 1e9, b"x")
    sock = MeteredSocket(sender, 15, lambda: False)  # type: ignore[arg-type]
    sock.settimeout(5)
    with pytest.raises(TimeoutError):
        sock.recv(65536)
    assert (clock.now, sender.timeout) == (5, 5)


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    yield ours, theirs
    ours.close()
    theirs.close()


def test_all_else_is_the_sockets_own(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    sock = MeteredSocket(ours, 15, lambda: False)
    theirs.sendall(b"request")
    assert sock.recv(100) == b"request"
    sock.sendall(b"answer")
    assert theirs.recv(100) == b"answer"

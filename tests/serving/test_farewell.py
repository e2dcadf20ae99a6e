"""The last answer arrives, and nobody is waited for."""

from __future__ import annotations

import selectors
import socket
from collections.abc import Iterator

import pytest

from aoi.serving import farewell
from aoi.serving.farewell import Farewell

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def poller() -> Iterator[selectors.BaseSelector]:
    with selectors.DefaultSelector() as poller:
        yield poller


@pytest.fixture
def pair() -> Iterator[Pair]:
    ours, theirs = socket.socketpair()
    yield ours, theirs
    ours.close()
    theirs.close()


def dispatch(poller: selectors.BaseSelector) -> None:
    for key, _ in poller.select(10):
        key.data(key.fileobj)


def test_what_was_answered_arrives_though_the_client_sends_on(
    poller: selectors.BaseSelector, pair: Pair
) -> None:
    ours, theirs = pair
    theirs.sendall(b"more of the body")
    ours.sendall(b"no")
    leaving = Farewell(lambda: poller)
    leaving.take(ours)
    dispatch(poller)
    assert (theirs.recv(10), theirs.recv(10)) == (b"no", b"")
    theirs.close()
    dispatch(poller)
    assert ours.fileno() == -1 and not poller.get_map()


def test_who_does_not_close_is_closed(
    poller: selectors.BaseSelector, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr(farewell, "monotonic", lambda: now)
    leaving = Farewell(lambda: poller)
    leaving.take(pair[0])
    leaving.close_old()
    assert pair[0].fileno() != -1
    now = farewell.SECONDS
    leaving.close_old()
    assert pair[0].fileno() == -1 and not poller.get_map()


def test_who_sends_without_end_is_closed(
    poller: selectors.BaseSelector, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(farewell, "MOST_BYTES", 10)
    Farewell(lambda: poller).take(pair[0])
    pair[1].sendall(b"x" * 11)
    dispatch(poller)
    assert pair[0].fileno() == -1


def test_there_is_room_for_so_many(
    poller: selectors.BaseSelector, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(farewell, "MOST", 1)
    other, end = socket.socketpair()
    leaving = Farewell(lambda: poller)
    leaving.take(pair[0])
    leaving.take(other)
    assert pair[0].fileno() == -1 and other.fileno() != -1
    other.close()
    end.close()

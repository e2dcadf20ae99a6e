"""A client's connection as answers go out over it: who takes one too slowly is cut off."""

from __future__ import annotations

import fcntl
import os
import select
import socket
import sys
import termios
from collections.abc import Callable
from time import monotonic
from typing import Any

from aoi.serving.metered import BUSY_RATE, BUSY_SECONDS, LEAST_RATE, STEP_SECONDS, TooSlow

# Of a file at once; what others need of the system's memory stays theirs.
PIECE = 1024 * 1024


class Outlet:
    """A socket as gunicorn sends an answer over it; all but the sending is the socket's own.

    The socket's timeout begins anew with every byte that is taken; here a client must keep a pace.
    Only the time of waiting counts: what the application takes for itself is not the client's.
    """

    def __init__(self, sock: socket.socket, patience: float, is_busy: Callable[[], bool]) -> None:
        self._sock = sock
        self._patience = patience
        self._is_busy = is_busy
        self._waited = 0.0
        self._sent = 0
        self._enough = 0
        self._room = select.poll()
        self._room.register(sock, select.POLLOUT)

    def sendall(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[self._piece(self._sock.send, rest) :]

    def sendfile(self, file: Any, offset: int, count: int) -> None:
        source, target = file.fileno(), self._sock.fileno()
        while count and (
            sent := self._piece(os.sendfile, target, source, offset, min(count, PIECE))
        ):
            offset, count = offset + sent, count - sent

    def _piece(self, send: Callable[..., int], *arguments: Any) -> int:
        """Send once there is room; return how many bytes went."""
        while True:
            self._await_room()
            try:
                sent = send(*arguments)
            except BlockingIOError:
                continue
            self._sent += sent
            return sent

    def _await_room(self) -> None:
        has_room, before = False, monotonic()
        while not has_room:
            has_room = bool(self._room.poll(1000 * STEP_SECONDS))
            now = monotonic()
            self._waited, before = self._waited + now - before, now
            self._check()

    def _check(self) -> None:
        """Raise TooSlow if too little was taken since the last time that this was enough."""
        is_busy = self._waited > BUSY_SECONDS and self._is_busy()
        seconds, rate = (BUSY_SECONDS, BUSY_RATE) if is_busy else (self._patience, LEAST_RATE)
        if self._waited <= seconds:
            return
        taken = self._sent - self._unsent()
        if taken - self._enough < seconds * rate:
            raise TooSlow
        self._enough, self._waited = taken, 0.0

    def _unsent(self) -> int:
        """Return how much the system still keeps for the client: megabytes, to begin with."""
        count = bytearray(4)
        fcntl.ioctl(self._sock, termios.TIOCOUTQ, count)
        return int.from_bytes(count, sys.byteorder)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

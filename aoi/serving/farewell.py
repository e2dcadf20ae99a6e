"""Ending connections so that the last answer arrives, without waiting for anybody.

A socket closed with unread data in it resets the connection, and its client may lose the answer:
so ours says that it is done, and reads on for a moment (RFC 9112, section 9.6). gunicorn does that
on its main loop, for up to two seconds a client, in which it serves nobody.
"""

from __future__ import annotations

import selectors
import socket
from collections.abc import Callable
from contextlib import suppress
from time import monotonic

SECONDS = 2.0
MOST_BYTES = 1024 * 1024
# More than so many at a time end at once, the oldest first.
MOST = 256


class Farewell:
    """The connections that have had their last answer and are read on for a moment."""

    def __init__(self, poller: Callable[[], selectors.BaseSelector]) -> None:
        self._poller = poller
        self._left: dict[socket.socket, tuple[float, int]] = {}

    def take(self, sock: socket.socket) -> None:
        """End a connection; it is closed when its client has closed it too, or soon after."""
        try:
            sock.setblocking(False)
            sock.shutdown(socket.SHUT_WR)
            self._poller().register(sock, selectors.EVENT_READ, self._read_on)
        except (OSError, ValueError, RuntimeError):
            sock.close()
            return
        self._left[sock] = (monotonic() + SECONDS, MOST_BYTES)
        if len(self._left) > MOST:
            self._close(next(iter(self._left)))

    def close_old(self) -> None:
        """Close what has had its time."""
        now = monotonic()
        while self._left:
            sock = next(iter(self._left))
            if self._left[sock][0] > now:
                return
            self._close(sock)

    def _read_on(self, sock: socket.socket) -> None:
        if sock not in self._left:
            return  # closed while the main loop had it on its list
        until, room = self._left[sock]
        try:
            data = sock.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data or len(data) > room:
            self._close(sock)
        else:
            self._left[sock] = (until, room - len(data))

    def _close(self, sock: socket.socket) -> None:
        del self._left[sock]
        with suppress(OSError, KeyError, ValueError):
            self._poller().unregister(sock)
        sock.close()

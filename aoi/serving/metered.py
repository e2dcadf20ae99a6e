"""A client's connection whose patience is limited: who sends too slowly is cut off."""

from __future__ import annotations

import socket
from collections.abc import Callable
from time import monotonic
from typing import Any

# Bytes a second that a client must keep up, in the mean; less is no network but an attack.
LEAST_RATE = 16 * 1024
# While others wait for a thread: what a client must keep up not to make room for them.
BUSY_RATE = 256 * 1024
BUSY_SECONDS = 2.0
# How often a wait looks up whether others wait.
STEP_SECONDS = 0.25


class TooSlow(TimeoutError):
    """The client sends, or takes an answer, too slowly."""


class MeteredSocket:
    """A socket as gunicorn reads requests from it; all but `recv` is the socket's own.

    Only the time in `recv` counts: what the application takes for itself is not the client's.
    """

    def __init__(self, sock: socket.socket, patience: float, is_busy: Callable[[], bool]) -> None:
        self._sock = sock
        self._patience = patience
        self._is_busy = is_busy
        self._waited = 0.0
        self._received = 0
        self.cut_off = False

    def begin(self) -> None:
        """Begin another request: what was saved up by the one before is gone."""
        self._waited, self._received = 0.0, 0

    def recv(self, size: int) -> bytes:
        before = self._sock.gettimeout()
        began = monotonic()
        deadline = float("inf") if before is None else began + before
        try:
            while True:
                left = min(self._left(began), deadline - monotonic())
                if left <= 0:
                    self.cut_off = True
                    raise TooSlow
                self._sock.settimeout(min(left, STEP_SECONDS))
                try:
                    data = self._sock.recv(size)
                except TimeoutError:
                    continue
                self._received += len(data)
                return data
        finally:
            self._waited += monotonic() - began
            self._sock.settimeout(before)

    def _left(self, began: float) -> float:
        """Return how much longer the client may keep us waiting."""
        seconds, rate = self._patience, LEAST_RATE
        if self._is_busy():
            seconds, rate = min(seconds, BUSY_SECONDS), BUSY_RATE
        return seconds + self._received / rate - self._waited - (monotonic() - began)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

"""Connections of an attacker: from an address of its own, with bytes of its own making."""

from __future__ import annotations

import selectors
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic

# All of 127.0.0.0/8 is this machine: limits by address see another one than the client's.
ATTACKER = "127.0.0.66"


@dataclass
class Attacker:
    """What an attack aims at, what it may use, and what it got."""

    host: str
    port: int
    key: str
    deadline: float
    tally: Counter[str] = field(default_factory=Counter)

    @property
    def going(self) -> bool:
        return monotonic() < self.deadline

    def connect(self, receive_bytes: int | None = None) -> socket.socket:
        sock = socket.socket()
        if receive_bytes:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        # An attack ends soon after its time, whether it is answered or not.
        sock.settimeout(min(5.0, max(1.0, self.deadline - monotonic() + 1)))
        sock.bind((ATTACKER, 0))
        sock.connect((self.host, self.port))
        return sock

    def head(self, request: str, *headers: str) -> bytes:
        """Return the head of a request, with the key; not its end."""
        lines = (f"{request} HTTP/1.1", f"Host: {self.host}", f"X-API-Key: {self.key}", *headers)
        return "".join(f"{line}\r\n" for line in lines).encode()

    def ask(self, request: bytes | Iterable[bytes]) -> None:
        """Send a request piece by piece, and count what it got."""
        try:
            with self.connect() as sock:
                with suppress(OSError):
                    for piece in (request,) if isinstance(request, bytes) else request:
                        sock.sendall(piece)
                        if not self.going:
                            break
                self.note(sock.recv(4096))
        except TimeoutError:
            self.tally["no answer"] += 1
        except OSError:
            self.tally["closed"] += 1

    def note(self, answer: bytes) -> None:
        status = answer.split(b" ", 2)[1:2] if answer.startswith(b"HTTP/") else []
        self.tally[status[0].decode() if status else "closed"] += 1


def repeated(attacker: Attacker, threads: int, once: Callable[[], None]) -> None:
    """Do something again and again, in so many threads, until the attack ends."""

    def run() -> None:
        while attacker.going:
            once()

    crowd = [threading.Thread(target=run) for _ in range(threads)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()


def held(
    attacker: Attacker, count: int, first: bytes, more: bytes = b"", read: bool = True
) -> None:
    """Hold so many connections: `first` at once, `more` each second; anew where one is closed."""
    receive_bytes = None if read else 4096
    waiting = selectors.DefaultSelector()
    due = monotonic() + 1
    while attacker.going:
        while len(waiting.get_map()) < count and attacker.going:
            try:
                sock = attacker.connect(receive_bytes)
                sock.sendall(first)
            except OSError:
                attacker.tally["not connected"] += 1
                break
            sock.setblocking(False)
            attacker.tally["connections"] += 1
            waiting.register(sock, selectors.EVENT_READ if read else selectors.EVENT_WRITE)
        _look(attacker, waiting, read)
        if more and monotonic() > due:
            due = monotonic() + 1
            for key in list(waiting.get_map().values()):
                with suppress(OSError):
                    key.fileobj.send(more)  # type: ignore[union-attr]
    for key in list(waiting.get_map().values()):
        key.fileobj.close()  # type: ignore[union-attr]
    waiting.close()


def _look(attacker: Attacker, waiting: selectors.BaseSelector, read: bool) -> None:
    if not read:
        threading.Event().wait(0.2)
        return
    for key, _ in waiting.select(0.2):
        sock = key.fileobj
        assert isinstance(sock, socket.socket)
        try:
            attacker.note(sock.recv(4096))
        except OSError:
            attacker.tally["closed"] += 1
        waiting.unregister(sock)
        sock.close()

"""Pieces of a stream: prepared ahead by threads, and joined where they are small."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")

JOINED_BYTES = 128 * 1024
THREADS = 2
AHEAD = 4


def prepared(make: Callable[[Item], Made], items: Iterable[Item]) -> Iterator[tuple[Item, Made]]:
    """Yield each item with what `make` makes of it, a few of them made ahead in threads.

    `make` must not use the database: threads have no application context.
    """
    waiting: deque[tuple[Item, Future[Made]]] = deque()
    with ThreadPoolExecutor(THREADS, "export") as pool:
        try:
            for item in items:
                waiting.append((item, pool.submit(make, item)))
                if len(waiting) > AHEAD:
                    first, future = waiting.popleft()
                    yield first, future.result()
            while waiting:
                first, future = waiting.popleft()
                yield first, future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def joined(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the first piece at once, and then no small ones: each costs a call of the server."""
    yield from (piece for piece in [next(pieces, b"")] if piece)
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= JOINED_BYTES:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)

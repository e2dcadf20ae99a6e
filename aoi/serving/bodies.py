"""The threads of requests with a body, of which no address may take all."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from aoi.config import HELD_UPLOADS

Job = Callable[[], Any]
Ended = Callable[["Future[Any]"], None]


class BodyThreads:
    """Threads shared by address: what one sends beyond its share waits for its own to end.

    All but the jobs themselves runs on the worker's main loop.
    """

    def __init__(self, threads: int) -> None:
        self.count = max(1, (threads + HELD_UPLOADS) // 2)
        # One address may hold as many uploads as there are places to wait, and leaves the rest.
        self._share = max(1, self.count - max(1, (threads - HELD_UPLOADS) // 2))
        self._pool = ThreadPoolExecutor(self.count, thread_name_prefix="body")
        self._taken: Counter[str] = Counter()
        self._waiting: dict[str, deque[tuple[Job, Ended]]] = {}

    def submit(self, address: str, job: Job, ended: Ended) -> None:
        """Run a job now, or once its address has a thread to spare; then call `ended`."""
        if self._taken[address] >= self._share:
            self._waiting.setdefault(address, deque()).append((job, ended))
            return
        self._taken[address] += 1
        self._pool.submit(job).add_done_callback(ended)

    def finish(self, address: str) -> None:
        """Note that a job of an address has ended; its next one runs."""
        self._taken[address] -= 1
        if not self._taken[address]:
            del self._taken[address]
        if waiting := self._waiting.get(address):
            job, ended = waiting.popleft()
            if not waiting:
                del self._waiting[address]
            self.submit(address, job, ended)

    def is_short(self) -> bool:
        """Tell whether any request waits for a thread; asked by the threads themselves."""
        return bool(self._waiting) or self._pool._work_queue.qsize() > 0

    def shutdown(self, wait: bool) -> None:
        self._pool.shutdown(wait=wait)

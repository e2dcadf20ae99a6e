"""Who sends requests that are refused waits longer and longer, while somebody else asks too.

A refusal costs the server what an answer costs. Without a wait a single client in a loop takes a
processor from all others; with it the same client is answered a few times a second, and holds no
thread meanwhile. Where nobody else asks there is nobody to make room for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable
from time import monotonic
from typing import Generic, TypeVar

from aoi.serving.company import Company

T = TypeVar("T", bound=Hashable)

# Not 404 and 409: a page may ask for many pictures that are gone, a sender for a key under way. Nor
# 408: who is slow has waited.
REFUSALS = frozenset({400, 401, 403, 405, 411, 413, 415, 422, 429, 431})
# What a refusal costs its address, and how often the processor's time for it is counted again.
COST_SECONDS = 0.1
CPU_FACTOR = 10
# What costs nobody anything: some twenty refusals at once.
FREE_SECONDS = 2.0
# Whoever it is waits no longer.
MOST_SECONDS = 5.0
# Requests of one address that may wait; a crowd of connections must not take all there are.
MOST_WAITING = 100
# While something waits, the main loop looks so often.
STEP_SECONDS = 0.05


class Pace(Generic[T]):
    """Lets requests through to `begin`, in order for each address; all on the main loop."""

    def __init__(self, begin: Callable[[T], None], company: Company) -> None:
        self._begin = begin
        self._company = company
        # When an address would have nothing left to pay; those that pay last come last.
        self._paid: dict[str, float] = {}
        self._waiting: dict[str, deque[T]] = {}

    def submit(self, address: str, request: T) -> bool:
        """Begin a request, at once or in its turn; False where too many of its address wait."""
        self._company.note(address)
        waiting = self._waiting.get(address)
        if waiting is None and self._may_begin(address):
            self._begin(request)
        elif waiting is None:
            self._waiting[address] = deque([request])
        elif len(waiting) < MOST_WAITING:
            waiting.append(request)
        else:
            return False
        return True

    def charge(self, address: str, cpu_seconds: float = 0.0) -> None:
        """Note that a request was refused, and what it took."""
        now = monotonic()
        owed = max(0.0, self._paid.pop(address, now) - now) + COST_SECONDS
        owed = min(owed + CPU_FACTOR * cpu_seconds, FREE_SECONDS + MOST_SECONDS)
        self._paid[address] = now + owed

    def begin_due(self) -> None:
        """Begin what has waited long enough, and forget who owes nothing."""
        for address in [address for address in self._waiting if self._may_begin(address)]:
            waiting = self._waiting[address]
            request = waiting.popleft()
            if not waiting:
                del self._waiting[address]
            # It pays before it is known to be right, so that those behind it wait their turn.
            self.charge(address)
            self._begin(request)
        while self._paid and self._paid[first := next(iter(self._paid))] <= monotonic():
            del self._paid[first]

    def give_up(self) -> list[T]:
        """Return what waits, and forget it."""
        left = [request for waiting in self._waiting.values() for request in waiting]
        self._waiting.clear()
        return left

    def step(self, seconds: float) -> float:
        """Return how long the main loop may wait at most, instead of so many seconds."""
        return min(seconds, STEP_SECONDS) if self._waiting else seconds

    def _may_begin(self, address: str) -> bool:
        owed = self._paid.get(address, 0.0) - monotonic()
        return owed <= FREE_SECONDS or not self._company.has(address)

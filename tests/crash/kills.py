"""kill -9, of one process or of all, and who starts the product again after it."""

from __future__ import annotations

import random
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

import psutil

from tests.product import Product

# What is killed, and how often in proportion.
KINDS = {
    "web worker": 4,
    "web master": 2,
    "queue worker": 5,
    "postmaster": 3,
    "backend": 3,
    "launcher": 1,
    "everything": 2,
}
# Those after which an inspection may have to be done again.
INTERRUPTING = frozenset(KINDS) - {"web worker", "web master"}
SEARCH_SECONDS = 40.0


@dataclass
class Killer:
    """Kills parts of `product`, by a seed; also its administrator, who starts it again."""

    product: Product
    seed: int
    counts: Counter[str] = field(default_factory=Counter)
    moments: list[tuple[float, str]] = field(default_factory=list)
    gave_up: int = 0
    missed: int = 0
    _dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._dice = random.Random(f"{self.seed} kills")

    @property
    def killed(self) -> int:
        return self.counts.total()

    def wait(self, most: float) -> None:
        """Let a random time pass, with somebody watching over the launcher."""
        until = time.monotonic() + self._dice.uniform(0, most)
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(left, 0.2))
            self.watch()

    def watch(self) -> None:
        """Start the launcher again if it ended by itself, as systemd would."""
        if not self.product.running:
            self.gave_up += 1
            self.product.start()

    def strike(self) -> None:
        """Kill something of a random kind; another kind if there is none for a while."""
        kind = self._dice.choices(list(KINDS), list(KINDS.values()))[0]
        if kind == "everything":
            self._everything()
            return
        deadline = time.monotonic() + SEARCH_SECONDS
        while not (found := self.product.roles()[kind]):
            if time.monotonic() > deadline:
                self.missed += 1
                self._everything()
                return
            time.sleep(0.1)
            self.watch()
        victim = self._dice.choice(sorted(found, key=lambda process: process.pid))
        self._note(kind)
        with suppress(psutil.NoSuchProcess):
            victim.kill()
        if kind == "launcher":
            victim.wait(5)
            self.product.start()

    def _everything(self) -> None:
        self._note("everything")
        # The launcher comes first: it would start the others again.
        for process in self.product.family():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        time.sleep(self._dice.uniform(0, 1))
        self.product.start()

    def _note(self, kind: str) -> None:
        self.counts[kind] += 1
        self.moments.append((time.time(), kind))

"""The memory of each part of the product while something goes on."""

from __future__ import annotations

import threading
from types import TracebackType

import psutil

from tests.product import Product

PARTS = {
    "web": ("web master", "web worker"),
    "worker": ("queue worker",),
    "postgres": ("postmaster", "backend"),
}


class Footprint:
    """Samples every `pause` seconds as a context; megabytes, pages that are shared count once."""

    def __init__(self, product: Product, pause: float = 2.0) -> None:
        self._product, self._pause = product, pause
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.samples: dict[str, list[float]] = {name: [] for name in PARTS}

    def __enter__(self) -> Footprint:
        self._sample()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        err: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._sample()

    def figures(self) -> dict[str, dict[str, float]]:
        """Return memory before, at most, and after, in MB."""
        return {
            name: {"before": each[0], "most": max(each), "after": each[-1]}
            for name, each in self.samples.items()
        }

    def _run(self) -> None:
        while not self._stop.wait(self._pause):
            self._sample()

    def _sample(self) -> None:
        roles = self._product.roles()
        for name, members in PARTS.items():
            total = 0
            for process in (each for role in members for each in roles[role]):
                try:
                    total += process.memory_full_info().pss
                except psutil.NoSuchProcess:
                    continue  # a backend whose connection has just ended
            self.samples[name].append(total / 1e6)

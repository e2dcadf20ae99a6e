"""Memory and open files of each part of the product, sampled while it works."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import psutil

from tests.product import Product


@dataclass
class Series:
    """One part: seconds since the start, megabytes (private and resident), open files."""

    seconds: list[float] = field(default_factory=list)
    private_mb: list[float] = field(default_factory=list)
    resident_mb: list[float] = field(default_factory=list)
    files: list[float] = field(default_factory=list)


class Sampler:
    """Samples by part; a part that is another process than before is noted in `replaced`."""

    def __init__(self, product: Product) -> None:
        self._product = product
        self._pids: dict[str, int] = {}
        self.series: dict[str, Series] = defaultdict(Series)
        self.replaced: list[str] = []

    def sample(self, seconds: float) -> None:
        for name, processes in self._parts().items():
            private = resident = files = 0
            for process in processes:
                try:
                    memory = process.memory_full_info()
                    files += process.num_fds()
                except psutil.NoSuchProcess:
                    continue  # a backend whose connection has just ended
                private += memory.uss
                resident += memory.rss
            series = self.series[name]
            series.seconds.append(seconds)
            series.private_mb.append(private / 1e6)
            series.resident_mb.append(resident / 1e6)
            series.files.append(files)

    def _parts(self) -> dict[str, list[psutil.Process]]:
        roles = self._product.roles()
        parts: dict[str, list[psutil.Process]] = {}
        for role in ("launcher", "web master", "web worker", "queue worker"):
            ordered = sorted(roles[role], key=lambda process: process.pid)
            for number, process in enumerate(ordered, 1):
                name = role if len(ordered) == 1 else f"{role} {number}"
                parts[name] = [process]
                if self._pids.setdefault(name, process.pid) != process.pid:
                    self.replaced.append(name)
                    self._pids[name] = process.pid
        parts["PostgreSQL"] = [*roles["postmaster"], *roles["backend"]]
        return parts

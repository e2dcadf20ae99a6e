"""Where the processors' time goes during an attack."""

from __future__ import annotations

from contextlib import suppress

import psutil

from tests.product import Product

Costs = dict[str, float]
PARTS = ("web", "decoders", "worker", "database")


def cpu_seconds(product: Product) -> Costs:
    """Return the CPU seconds that each part of the product has taken so far."""
    spent = dict.fromkeys(PARTS, 0.0)
    for process in product.family():
        with suppress(psutil.Error):
            if (part := _part(process)) is not None:
                times = process.cpu_times()
                spent[part] += times.user + times.system
    return spent


def _part(process: psutil.Process) -> str | None:
    command = process.cmdline()
    if process.name() == "postgres":
        return "database"
    if "aoi.decoding.child" in command:
        return "decoders"
    if "gunicorn" in command:
        return "web"
    return "worker" if command[-1:] == ["worker"] else None

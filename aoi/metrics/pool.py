"""Count the connections that a database pool gives out."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, event

from aoi.metrics.meters import meters


def watch_pool(engine: Engine, limit: int) -> None:
    """Keep count of the connections that are taken from a pool of at most `limit`."""

    @event.listens_for(engine, "checkout")
    def take(connection: Any, record: Any, proxy: Any) -> None:
        # A connection that broke may come back without having been taken.
        record.record_info["counted"] = True
        meters().pool_in_use.inc()
        meters().pool_limit.set(limit)

    @event.listens_for(engine, "checkin")
    def give_back(connection: Any, record: Any) -> None:
        if record.record_info.pop("counted", False):
            meters().pool_in_use.dec()

"""What Prometheus reads."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Response, request
from prometheus_client import Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from aoi.blueprints import parts
from aoi.blueprints.api import ApiBlueprint
from aoi.metrics import shared
from aoi.metrics.state import State

bp = ApiBlueprint("metrics", __name__, description="What Prometheus reads")


class _All(Collector):
    def __init__(self, state: State) -> None:
        self._state = state

    def collect(self) -> Iterator[Metric]:
        yield from self._state.collect()
        yield from shared.collect(parts.settings().data_dir)


@bp.get("/metrics")
@bp.response(
    200,
    {"type": "string", "example": "aoi_queue_length 3.0\n"},
    content_type="text/plain",
    description="All figures, in Prometheus's text format or OpenMetrics",
)
@bp.fails({})
def show_metrics() -> Response:
    """Tell the figures for Prometheus

    Of all processes of this host, and of what the database tells. Without the database
    `aoi_database_up` is 0, and what it would tell is missing.
    """
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return Response(encode(_All(parts.state())), content_type=content_type)

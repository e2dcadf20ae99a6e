"""What is counted where it happens; the names, once told to a Prometheus, stay."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

# A download from the cache takes a millisecond; a held upload, two minutes.
REQUEST_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 600)
# A batch may wait for hours.
INSPECTION_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600, 14400)


@dataclass(frozen=True)
class Meters:
    """The counters of one process."""

    registry: CollectorRegistry
    requests: Counter
    request_seconds: Histogram
    inspections: Counter
    inspection_seconds: Histogram
    segformer_calls: Counter
    slow_queries: Counter
    pool_in_use: Gauge
    pool_limit: Gauge


@cache
def meters() -> Meters:
    """Return the counters of this process, made when first used: after `share`, if at all."""
    # Twice the series, and only where one process is alone.
    disable_created_metrics()  # type: ignore[no-untyped-call]
    registry = CollectorRegistry()
    return Meters(
        registry,
        Counter(
            "aoi_http_requests",
            "Requests answered.",
            ("method", "endpoint", "status"),
            registry=registry,
        ),
        Histogram(
            "aoi_http_request_duration_seconds",
            "Time to the first byte of the answer; a held upload counts in full.",
            ("method", "endpoint"),
            buckets=REQUEST_BUCKETS,
            registry=registry,
        ),
        Counter(
            "aoi_inspections",
            "Inspections ended: done, failed, or postponed (put back for a fault not the image's).",
            ("outcome",),
            registry=registry,
        ),
        Histogram(
            "aoi_inspection_duration_seconds",
            "Time of an inspection by part: waiting in the queue, segformer (all tries), own.",
            ("part",),
            buckets=INSPECTION_BUCKETS,
            registry=registry,
        ),
        Counter(
            "aoi_segformer_calls",
            "Calls of SegFormer, all tries of one together, by outcome: ok or the kind of fault.",
            ("outcome",),
            registry=registry,
        ),
        Counter(
            "aoi_database_slow_queries",
            "Queries that took longer than SLOW_QUERY_MS.",
            registry=registry,
        ),
        Gauge(
            "aoi_database_pool_connections_in_use",
            "Connections taken from the pools of all processes of this host.",
            registry=registry,
            multiprocess_mode="livesum",
        ),
        Gauge(
            "aoi_database_pool_connections_limit",
            "Connections that these pools may hold together.",
            registry=registry,
            multiprocess_mode="livesum",
        ),
    )

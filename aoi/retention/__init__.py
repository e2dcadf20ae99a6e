"""Take old images away, and what else has grown old: caches, logs, idempotency keys."""

from aoi.retention.images import Terms
from aoi.retention.run import Report, prune

__all__ = ["Report", "Terms", "prune"]

"""HTTP: each view parses, calls the domain once, and answers."""

from __future__ import annotations

from aoi.blueprints import (
    audit,
    batch,
    download,
    export,
    health,
    metrics,
    query,
    statistics,
    tiles,
    upload,
)

API_BLUEPRINTS = (
    upload.bp,
    batch.bp,
    query.bp,
    statistics.bp,
    audit.bp,
    download.bp,
    export.bp,
    tiles.bp,
    health.bp,
    metrics.bp,
)

"""The AOI inference agent: images in, inspected once by SegFormer, results kept and served."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from aoi.config import Settings

__version__ = "0.1.0"


def create_app(settings: Settings | None = None) -> Flask:
    """Build the WSGI application; without `settings` they come from the environment."""
    # Imported here so that `python -m aoi.reference_service` loads nothing of the agent.
    from aoi.application import build

    return build(settings)

"""What ends a start."""

from __future__ import annotations

from aoi.exceptions import AoiError


class StartFailed(AoiError):
    """A part of the product does not start."""

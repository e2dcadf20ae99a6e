"""What ends a backup or a restore."""

from __future__ import annotations

from aoi.exceptions import AoiError


class BackupFailed(AoiError):
    """The backup could not be made; those made before are as they were."""


class RestoreFailed(AoiError):
    """The backup could not be restored."""

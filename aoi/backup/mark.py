"""The mark that a restore leaves in the data folder until it has come to its end."""

from __future__ import annotations

from pathlib import Path

from aoi.config import ConfigError

MARK = ".restoring.json"


def refuse_half_restored(data_dir: Path) -> None:
    """Raise ConfigError where a restore was broken off, or is under way."""
    if (data_dir / MARK).exists():
        raise ConfigError(
            f"A restore into {data_dir} has not come to its end. Wait for it, or begin it again: "
            "flask --app wsgi restore DIR"
        )

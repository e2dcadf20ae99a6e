"""The application's parts, typed, as the views reach them."""

from __future__ import annotations

from typing import Any, cast

from flask import current_app

from aoi.config import Settings
from aoi.health import Health
from aoi.intake import Intake
from aoi.metrics.state import State
from aoi.storage import Storage
from aoi.tiles.cache import TileCache
from aoi.waiting import Waiting


def settings() -> Settings:
    return cast(Settings, current_app.config["AOI"])


def intake() -> Intake:
    return cast(Intake, _part("intake"))


def storage() -> Storage:
    return cast(Storage, _part("storage"))


def tiles() -> TileCache:
    return cast(TileCache, _part("tiles"))


def waiting() -> Waiting:
    return cast(Waiting, _part("waiting"))


def health() -> Health:
    return cast(Health, _part("health"))


def state() -> State:
    return cast(State, _part("state"))


def _part(name: str) -> Any:
    return current_app.extensions[f"aoi_{name}"]

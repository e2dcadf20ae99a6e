"""The web server listens to other machines only where somebody is asked who they are."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
from flask import Flask

from aoi.access.opening import check_addresses, check_opening
from aoi.access.scopes import Scope
from aoi.config import ConfigError, Settings

EVERY = ("0.0.0.0", "::", "10.0.3.17", "aoi.plant.example", "")


@pytest.mark.parametrize("host", EVERY)
def test_without_keys_and_people_it_is_refused(settings: Settings, host: str) -> None:
    with pytest.raises(ConfigError, match=r"HOST.*keys create.*people create"):
        check_opening(host, settings)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_this_machine_is_always_served(settings: Settings, host: str) -> None:
    check_opening(host, settings)


def test_configured_keys_are_enough(settings: Settings) -> None:
    check_opening("0.0.0.0", dataclasses.replace(settings, api_keys=("key",)))


def test_a_key_of_the_database_is_enough(
    app: Flask, settings: Settings, key: Callable[[Scope], dict[str, str]]
) -> None:
    key(Scope.READ)
    check_opening("0.0.0.0", settings)


@pytest.mark.usefixtures("anna")
def test_a_person_is_enough(app: Flask, settings: Settings) -> None:
    check_opening("0.0.0.0", settings)


def test_a_database_that_is_away_or_empty(settings: Settings, postgres: str) -> None:
    away = dataclasses.replace(settings, database_url="postgresql://127.0.0.1:1/aoi")
    check_opening("0.0.0.0", away)  # each request is asked then
    with pytest.raises(ConfigError, match="keys create"):
        check_opening("0.0.0.0", dataclasses.replace(settings, database_url=postgres))


def test_gunicorns_addresses_are_looked_at(settings: Settings) -> None:
    check_addresses([("127.0.0.1", 8000), "/run/aoi.sock"], settings)
    with pytest.raises(SystemExit, match="reachable from other machines"):
        check_addresses([("127.0.0.1", 8000), ("0.0.0.0", 8000)], settings)

"""Whether the web server may listen to other machines: only where callers say who they are."""

from __future__ import annotations

import dataclasses
import ipaddress
import sys
from collections.abc import Iterable

import psycopg2

from aoi.config import ConfigError, Settings
from aoi.embedded import running_url

ANYBODY = "SELECT EXISTS (SELECT FROM api_keys) OR EXISTS (SELECT FROM people)"
ASK_FIRST = (
    "HOST: {host} is reachable from other machines, and there is neither a key nor somebody who "
    "could log in. Set API_KEYS, or make a key with `flask --app wsgi keys create --name line3 "
    "--scope upload`, or somebody with `flask --app wsgi people create --name anna --role admin` "
    "(with the embedded PostgreSQL, while it runs with HOST=127.0.0.1). Or keep HOST=127.0.0.1, "
    "behind a reverse proxy that checks who calls."
)


def check_opening(host: str, settings: Settings) -> None:
    """Raise ConfigError if anybody on the network could do anything on `host`.

    With the database away this is not known: then each request is asked, and refused.
    """
    if is_local(host) or settings.api_keys:
        return
    url = settings.database_url or running_url(settings.data_dir)
    if url is None:
        return
    settings = dataclasses.replace(settings, database_url=url)
    try:
        link = psycopg2.connect(settings.libpq_url, connect_timeout=5)
    except psycopg2.OperationalError:
        return
    try:
        with link.cursor() as cursor:
            cursor.execute(ANYBODY)
            row = cursor.fetchone()
    except psycopg2.errors.UndefinedTable:
        row = None
    finally:
        link.close()
    if not (row and row[0]):
        raise ConfigError(ASK_FIRST.format(host=host or "every address"))


def check_addresses(addresses: Iterable[tuple[str, int] | str], settings: Settings) -> None:
    """End the program with a message if it may not listen on one of gunicorn's addresses."""
    for address in addresses:
        try:
            # A path is a Unix socket's.
            check_opening(address[0] if isinstance(address, tuple) else "localhost", settings)
        except ConfigError as err:
            sys.exit(str(err))


def is_local(host: str) -> bool:
    """Tell whether only this machine reaches a server bound to `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

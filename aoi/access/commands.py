"""The administrator's commands: `flask --app wsgi keys …` and `people …`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import wraps
from typing import Any

import click
from flask.cli import with_appcontext

from aoi.access import keys as api_keys
from aoi.access import people as everybody
from aoi.access.scopes import Scope
from aoi.exceptions import AoiError

Command = Callable[..., None]
name_option = click.option("--name", required=True, help="Its name, as the log and the lists say.")
LEVELS = click.Choice([scope.value for scope in Scope])


def told(command: Command) -> Command:
    """Run a command in the application; its refusals are told without a trace."""

    @wraps(command)
    @with_appcontext
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except AoiError as err:
            raise click.ClickException(err.message) from err

    return run


@click.group()
def keys() -> None:
    """Make, list and revoke the API keys of machines."""


@keys.command("create")
@name_option
@click.option("--scope", type=LEVELS, default="upload", show_default=True, help="What it may do.")
@told
def create_key(name: str, scope: str) -> None:
    """Make a key and show it, this once; only its hash is kept."""
    token = api_keys.create_key(name, Scope(scope))
    click.echo("Keep this key now; it is not shown again:", err=True)
    click.echo(token)


@keys.command("list")
@told
def list_keys() -> None:
    """List all keys: what they may do, and when they were last used."""
    rows = [
        (key.name, key.scope, f"{key.hint}…", _when(key.created_at), _when(key.last_used_at),
         _when(key.revoked_at))
        for key in api_keys.list_keys()
    ]  # fmt: skip
    _table(("name", "scope", "key", "created", "last used", "revoked"), rows)


@keys.command("revoke")
@name_option
@told
def revoke_key(name: str) -> None:
    """End a key; it is refused within seconds."""
    api_keys.revoke_key(name)
    click.echo(f"The key {name} is revoked.")


@click.group()
def people() -> None:
    """Add and disable those who log in on the pages."""


@people.command("create")
@name_option
@click.option("--role", type=LEVELS, default="read", show_default=True, help="What they may do.")
@told
def create_person(name: str, role: str) -> None:
    """Add somebody; the password is asked for, or read from standard input."""
    everybody.create_person(name, Scope(role), _password())
    click.echo(f"{name} can log in now.")


@people.command("list")
@told
def list_people() -> None:
    """List everybody: their role, and when they last logged in."""
    rows = [
        (person.name, person.role, _when(person.created_at), _when(person.last_login_at),
         _when(person.disabled_at))
        for person in everybody.list_people()
    ]  # fmt: skip
    _table(("name", "role", "created", "last log-in", "disabled"), rows)


@people.command("set-password")
@name_option
@told
def set_password(name: str) -> None:
    """Give somebody another password; they are logged out everywhere."""
    everybody.set_password(name, _password())
    click.echo(f"{name} has another password, and is logged out everywhere.")


@people.command("set-role")
@name_option
@click.option("--role", type=LEVELS, required=True, help="What they may do from now on.")
@told
def set_role(name: str, role: str) -> None:
    """Give somebody another role."""
    everybody.set_role(name, Scope(role))
    click.echo(f"{name} has the role {role} now.")


@people.command("disable")
@name_option
@told
def disable(name: str) -> None:
    """Let somebody log in no more; they are logged out everywhere."""
    everybody.disable_person(name)
    click.echo(f"{name} is disabled, and logged out everywhere.")


@people.command("enable")
@name_option
@told
def enable(name: str) -> None:
    """Let somebody log in again."""
    everybody.enable_person(name)
    click.echo(f"{name} can log in again.")


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))


def _when(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%SZ") if moment else "-"


def _table(titles: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    lines = [titles, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(titles))]
    for line in lines:
        click.echo("  ".join(map(str.ljust, line, widths)).rstrip())

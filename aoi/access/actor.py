"""Who acts: the caller of a request, or whoever runs a command."""

from __future__ import annotations

import getpass
from contextvars import ContextVar
from dataclasses import dataclass

from aoi.access.scopes import Scope


@dataclass(frozen=True)
class Actor:
    """Somebody who acts; `kind` is `key`, `person`, `command`, or `open` where nobody is asked."""

    kind: str
    name: str
    scope: Scope = Scope.ADMIN
    address: str | None = None


# Set for the length of a request.
_actor: ContextVar[Actor | None] = ContextVar("actor", default=None)


def act_as(actor: Actor | None) -> None:
    """Say who acts from here on; None for the end of a request."""
    _actor.set(actor)


def acting() -> Actor:
    """Return who acts: outside a request, the user of the system who runs the command."""
    return _actor.get() or Actor("command", _system_user())


def _system_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"  # a user id without a name, as in a container

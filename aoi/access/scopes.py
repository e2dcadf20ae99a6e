"""What a caller may do: three levels, each with all of those below it."""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """A level of rights: look, send (and retry), delete and administer."""

    READ = "read"
    UPLOAD = "upload"
    ADMIN = "admin"

    def allows(self, needed: Scope) -> bool:
        levels = list(Scope)
        return levels.index(self) >= levels.index(needed)


# Where the method does not tell: a POST may only be a GET with a long list.
BY_BLUEPRINT = {"audit": Scope.ADMIN, "export": Scope.READ}
BY_METHOD = {"GET": Scope.READ, "HEAD": Scope.READ, "OPTIONS": Scope.READ, "POST": Scope.UPLOAD}


def needed(method: str, blueprint: str | None) -> Scope:
    """Return the scope that a request needs: to delete takes `admin`, as does what is unknown."""
    return BY_BLUEPRINT.get(blueprint or "") or BY_METHOD.get(method, Scope.ADMIN)

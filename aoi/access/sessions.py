"""Log-ins: kept in the database, so that each can be ended, whoever has a copy of the cookie."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, func, or_, select, update

from aoi.access.models import LoginSession, Person
from aoi.access.scopes import Scope
from aoi.access.tokens import hash_of, new_token
from aoi.extensions import db

LONGEST = timedelta(days=30)
SEEN_STEP = timedelta(minutes=1)


@dataclass(frozen=True)
class LoggedIn:
    """Who a log-in is of."""

    person_id: int
    name: str
    role: Scope

    @classmethod
    def of(cls, person: Person) -> LoggedIn:
        return cls(person.person_id, person.name, Scope(person.role))


def begin_session(person: Person, address: str, idle: timedelta) -> str:
    """Log somebody in and return the token for the cookie; log-ins that have ended are removed."""
    token = new_token()
    db.session.execute(delete(LoginSession).where(_has_ended(idle)))
    db.session.add(
        LoginSession(token_hash=hash_of(token), person_id=person.person_id, address=address)
    )
    db.session.execute(
        update(Person).where(Person.person_id == person.person_id).values(last_login_at=func.now())
    )
    db.session.commit()
    return token


def find_session(token: str, idle: timedelta) -> LoggedIn | None:
    """Return who is logged in with a token, and note that they were seen."""
    of_token = LoginSession.token_hash == hash_of(token)
    # On a connection of its own, given back at once: the request may take minutes.
    with db.engine.begin() as connection:
        row = connection.execute(
            select(Person.person_id, Person.name, Person.role)
            .join(LoginSession, LoginSession.person_id == Person.person_id)
            .where(of_token, Person.disabled_at.is_(None), ~_has_ended(idle))
        ).one_or_none()
        if row is None:
            return None
        connection.execute(
            update(LoginSession)
            .where(of_token, LoginSession.last_seen_at < func.now() - SEEN_STEP)
            .values(last_seen_at=func.now())
        )
    return LoggedIn(row.person_id, row.name, Scope(row.role))


def end_session(token: str) -> None:
    """Log out: the token is worth nothing any more, also to whoever copied it."""
    db.session.execute(delete(LoginSession).where(LoginSession.token_hash == hash_of(token)))
    db.session.commit()


def _has_ended(idle: timedelta) -> ColumnElement[bool]:
    return or_(
        LoginSession.last_seen_at < func.now() - idle,
        LoginSession.created_at < func.now() - LONGEST,
    )

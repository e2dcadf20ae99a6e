"""People who log in on the pages."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError

from aoi.access import audit
from aoi.access.models import LoginSession, Person
from aoi.access.names import checked_name, name_key
from aoi.access.passwords import NOBODY, hash_password, is_password
from aoi.access.scopes import Scope
from aoi.exceptions import Conflict, NotFound
from aoi.extensions import db


def create_person(name: str, role: Scope, password: str) -> None:
    """Add somebody who may log in; raise Conflict if the name is taken."""
    name = checked_name(name)
    db.session.add(
        Person(
            name=name,
            name_key=name_key(name),
            role=role.value,
            password_hash=hash_password(password),
        )
    )
    audit.record("person.create", f"{name} ({role})")
    try:
        db.session.commit()
    except IntegrityError as err:
        db.session.rollback()
        raise Conflict(f"There is somebody named {name} already. Take another name.") from err


def list_people() -> Sequence[Person]:
    """Return everybody, disabled ones too, by name."""
    return db.session.scalars(select(Person).order_by(Person.name_key)).all()


def set_password(name: str, password: str) -> None:
    """Give somebody another password; all their log-ins end."""
    person = _person(name)
    person.password_hash = hash_password(password)
    _end_sessions(person)
    audit.record("person.password", person.name)
    db.session.commit()


def set_role(name: str, role: Scope) -> None:
    """Give somebody another role, which holds within seconds."""
    person = _person(name)
    person.role = role.value
    audit.record("person.role", f"{person.name} ({role})")
    db.session.commit()


def disable_person(name: str) -> None:
    """Let somebody log in no more; all their log-ins end."""
    person = _person(name)
    person.disabled_at = func.now()
    _end_sessions(person)
    audit.record("person.disable", person.name)
    db.session.commit()


def enable_person(name: str) -> None:
    """Let somebody log in again."""
    person = _person(name)
    person.disabled_at = None
    audit.record("person.enable", person.name)
    db.session.commit()


def find_by_password(name: str, password: str) -> Person | None:
    """Return who that is; None for an unknown name, a wrong password or somebody disabled."""
    query = select(Person).where(Person.name_key == name_key(name), Person.disabled_at.is_(None))
    person = db.session.scalar(query)
    # Hashing takes long: nothing of the pool is held meanwhile.
    db.session.close()
    stored = NOBODY if person is None else person.password_hash
    return person if is_password(stored, password) and person is not None else None


def _person(name: str) -> Person:
    query = select(Person).where(Person.name_key == name_key(name)).with_for_update()
    person = db.session.scalar(query)
    if person is None:
        db.session.rollback()
        raise NotFound(f"There is nobody named {name}. `people list` shows who there is.")
    return person


def _end_sessions(person: Person) -> None:
    db.session.execute(delete(LoginSession).where(LoginSession.person_id == person.person_id))

"""The keys of machines: made once, shown once, kept as hashes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import func, or_, select, update
from sqlalchemy.exc import IntegrityError

from aoi.access import audit
from aoi.access.models import ApiKey
from aoi.access.names import checked_name
from aoi.access.scopes import Scope
from aoi.access.tokens import HINT_CHARACTERS, hash_of, new_token
from aoi.exceptions import Conflict, NotFound
from aoi.extensions import db

PREFIX = "aoi_"
# How far back "last used" may lag: a write for each request would cost more than the request.
LAST_USED_STEP = timedelta(minutes=1)


class ValidKey(NamedTuple):
    """What must be known of a key that a client sent."""

    key_id: int
    name: str
    scope: Scope


def create_key(name: str, scope: Scope) -> str:
    """Make a key and return it, which is the only time; raise Conflict if the name is taken."""
    token = new_token(PREFIX)
    hint = token[:HINT_CHARACTERS]
    name = checked_name(name)
    db.session.add(ApiKey(name=name, scope=scope.value, token_hash=hash_of(token), hint=hint))
    audit.record("key.create", f"{name} ({scope})")
    try:
        db.session.commit()
    except IntegrityError as err:
        db.session.rollback()
        raise Conflict(
            f"There is a key {name} already. Revoke it first, or take another name."
        ) from err
    return token


def list_keys() -> Sequence[ApiKey]:
    """Return all keys, revoked ones too, in the order in which they were made."""
    return db.session.scalars(select(ApiKey).order_by(ApiKey.key_id)).all()


def revoke_key(name: str) -> None:
    """End a key; every process refuses it within seconds. Raises NotFound."""
    revoked = db.session.execute(
        update(ApiKey)
        .where(ApiKey.name == name, ApiKey.revoked_at.is_(None))
        .values(revoked_at=func.now())
        .returning(ApiKey.key_id)
    ).all()
    if not revoked:
        db.session.rollback()
        raise NotFound(f"There is no valid key {name}. `keys list` shows those there are.")
    audit.record("key.revoke", name)
    db.session.commit()


def find_key(token: str) -> ValidKey | None:
    """Return the valid key that a client sent, and note that it was used."""
    if not token.startswith(PREFIX):
        return None
    # On a connection of its own, given back at once: the request may take minutes.
    with db.engine.begin() as connection:
        row = connection.execute(
            select(ApiKey.key_id, ApiKey.name, ApiKey.scope).where(
                ApiKey.token_hash == hash_of(token), ApiKey.revoked_at.is_(None)
            )
        ).one_or_none()
        if row is None:
            return None
        connection.execute(
            update(ApiKey)
            .where(
                ApiKey.key_id == row.key_id,
                or_(
                    ApiKey.last_used_at.is_(None),
                    ApiKey.last_used_at < func.now() - LAST_USED_STEP,
                ),
            )
            .values(last_used_at=func.now())
        )
    return ValidKey(row.key_id, row.name, Scope(row.scope))

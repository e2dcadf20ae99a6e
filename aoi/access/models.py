"""The tables of keys, people, their log-ins, and the audit log."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    String,
    Text,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from aoi.extensions import Model

NAME = String(100)
SCOPE = String(16)
HASH = String(64)


class ApiKey(Model):
    """A key of a machine; only the hash of it is kept, and the row stays when it is revoked."""

    __tablename__ = "api_keys"
    __table_args__ = (
        # A revoked key leaves its name to the next.
        Index("ix_api_keys_name", "name", unique=True, postgresql_where=text("revoked_at IS NULL")),
    )

    key_id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(NAME)
    scope: Mapped[str] = mapped_column(SCOPE)
    token_hash: Mapped[str] = mapped_column(HASH, unique=True)
    # The first characters, by which a person tells keys apart.
    hint: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    last_used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Person(Model):
    """Somebody who logs in on the pages; the role is a scope."""

    __tablename__ = "people"

    person_id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(NAME)
    # The name as it is compared: whoever types Anna may be stored as anna.
    name_key: Mapped[str] = mapped_column(NAME, unique=True)
    role: Mapped[str] = mapped_column(SCOPE)
    password_hash: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    last_login_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    disabled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class LoginSession(Model):
    """A log-in that has not ended; its cookie holds the token, this row the token's hash."""

    __tablename__ = "login_sessions"

    token_hash: Mapped[str] = mapped_column(HASH, primary_key=True)
    person_id: Mapped[int] = mapped_column(
        ForeignKey("people.person_id", ondelete="CASCADE"), index=True
    )
    address: Mapped[str] = mapped_column(NAME)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    last_seen_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )


class LoginFailure(Model):
    """Failed log-ins in a row, of one name or from one address."""

    __tablename__ = "login_failures"

    subject_hash: Mapped[str] = mapped_column(HASH, primary_key=True)
    failures: Mapped[int]
    last_failed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    blocked_until: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class AuditEntry(Model):
    """Something that somebody changed; a trigger refuses to change or delete the row."""

    __tablename__ = "audit_log"

    audit_id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    timestamp: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp(), index=True
    )
    kind: Mapped[str] = mapped_column(String(16))
    who: Mapped[str] = mapped_column(NAME)
    action: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(Text)
    address: Mapped[str | None] = mapped_column(NAME)
    request_id: Mapped[str | None] = mapped_column(String(128))

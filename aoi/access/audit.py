"""The audit log: what was deleted, retried or changed of the access, by whom, from where."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from aoi.access.actor import acting
from aoi.access.models import AuditEntry
from aoi.extensions import db
from aoi.logs import request_id
from aoi.paging import Cursors, Page, Pager

ACTIONS = (
    "upload.delete", "upload.retry", "batch.delete", "batch.retry",
    "key.create", "key.revoke",
    "person.create", "person.password", "person.role", "person.disable", "person.enable",
)  # fmt: skip


def record(action: str, subject: str) -> None:
    """Add an entry to the caller's transaction: it stands if, and only if, the change does."""
    actor = acting()
    db.session.add(
        AuditEntry(
            kind=actor.kind,
            who=actor.name,
            action=action,
            subject=subject,
            address=actor.address,
            request_id=request_id.get(),
        )
    )


def list_entries(arguments: dict[str, Any], secret: str) -> Page:
    """Return a page of (AuditEntry,), newest first."""
    query = select(AuditEntry)
    for name, column in (
        ("action", AuditEntry.action),
        ("who", AuditEntry.who),
        ("subject", AuditEntry.subject),
    ):
        if (value := arguments.get(name)) is not None:
            query = query.where(column == value)
    if (start := arguments.get("start_date")) is not None:
        query = query.where(AuditEntry.timestamp >= start)
    if (end := arguments.get("end_date")) is not None:
        query = query.where(AuditEntry.timestamp < end)
    total = db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    return Pager(Cursors(secret, "audit"), (AuditEntry.audit_id,)).cut(query, total, arguments)

"""What was changed, by whom."""

from __future__ import annotations

from typing import Any

from aoi.access import audit
from aoi.blueprints import parts
from aoi.blueprints.api import ApiBlueprint
from aoi.schemas.audit import AuditPage, AuditQuery

bp = ApiBlueprint("audit", __name__, description="What was changed, by whom")


@bp.get("/audit")
@bp.arguments(AuditQuery, location="query")
@bp.response(200, AuditPage)
@bp.fails({422: "Bad query parameters, or a cursor made with others."})
def list_entries(arguments: dict[str, Any]) -> dict[str, Any]:
    """List what was deleted, retried or changed of the access, newest first

    Needs the scope `admin`. The log can only be added to.
    """
    page = audit.list_entries(arguments, parts.settings().secret_key)
    return page.envelope("entries", [row.AuditEntry for row in page.rows])

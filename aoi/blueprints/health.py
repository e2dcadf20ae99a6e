"""Whether the agent works, and what does not."""

from __future__ import annotations

from typing import Any

from flask.typing import ResponseReturnValue

from aoi import __version__
from aoi.blueprints import parts
from aoi.blueprints.api import ApiBlueprint
from aoi.schemas.system import HealthAnswer, LiveAnswer

bp = ApiBlueprint("health", __name__, description="Whether the agent works, and what does not")


@bp.get("/health")
@bp.response(
    200, HealthAnswer, description="It works; `degraded` tells that something needs a look"
)
@bp.alt_response(503, schema=HealthAnswer, description="The database is out of reach")
def show_health() -> ResponseReturnValue:
    """Tell whether the agent works

    Answers within 2 s whatever hangs behind it.
    """
    report: dict[str, Any] = parts.health().report() | {"version": __version__}
    return report, 503 if report["status"] == "error" else 200


@bp.get("/health/live")
@bp.response(200, LiveAnswer)
def show_live() -> dict[str, str]:
    """Tell that the process serves

    Asks neither the database nor SegFormer: for whoever restarts a process that hangs.
    """
    return {"status": "ok"}

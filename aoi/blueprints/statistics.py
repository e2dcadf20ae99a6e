"""Figures over many images."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify

from aoi import catalog, statistics
from aoi.blueprints import parts
from aoi.blueprints.api import ApiBlueprint
from aoi.disk import disk_usage
from aoi.schemas.statistics import (
    DailyAnswer,
    DailyQuery,
    HeatmapAnswer,
    HeatmapQuery,
    ParetoAnswer,
    ParetoQuery,
    StatsAnswer,
)

bp = ApiBlueprint("statistics", __name__, description="Figures: totals, days, classes, places")

BAD_RANGE = {422: "Bad query parameters, or a range of more than ten years of days."}
BAD_QUERY = {422: "Bad query parameters."}


@bp.get("/stats")
@bp.response(200, StatsAnswer)
@bp.fails({})
def show_totals() -> dict[str, Any]:
    """Show totals, defects by class, uploads by state, and the disk

    Of all that is kept; `recent_uploads` are those of the last 7 days.
    """
    return statistics.totals() | {"storage": disk_usage(parts.settings().data_dir)}


@bp.get("/stats/daily")
@bp.arguments(DailyQuery, location="query")
@bp.response(200, DailyAnswer)
@bp.fails(BAD_RANGE)
def show_days(arguments: dict[str, Any]) -> Response:
    """Show the figures of each day

    Days are UTC's. Of a day that lies in the range in part, that part is counted.
    """
    days = statistics.daily(arguments.get("start_date"), arguments.get("end_date"))
    # As it is: a year, field by field through the schema, takes twice as long.
    return jsonify({"days": days})


@bp.get("/stats/pareto")
@bp.arguments(ParetoQuery, location="query")
@bp.response(200, ParetoAnswer)
@bp.fails(BAD_QUERY)
def show_pareto(arguments: dict[str, Any]) -> dict[str, Any]:
    """Show which classes make up the defects, most regions first

    Of images that came in within the range; `cumulative_share` adds up the classes before it.
    """
    return statistics.pareto(arguments.get("start_date"), arguments.get("end_date"))


@bp.get("/stats/heatmap")
@bp.arguments(HeatmapQuery, location="query")
@bp.response(200, HeatmapAnswer)
@bp.fails(BAD_QUERY)
def show_heatmap(arguments: dict[str, Any]) -> Response:
    """Show where on the image plane defects lie

    Counts the centroids in each cell of the image plane, scaled to the unit square, by class: a
    defect that repeats at one place shows as a hot cell.
    """
    return jsonify(catalog.heatmap(arguments))

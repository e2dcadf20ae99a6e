"""Count what a Flask application answers, for `/metrics`."""

from __future__ import annotations

import time

from flask import Flask, Response, g, request

from aoi.metrics.meters import meters

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def count_requests(app: Flask) -> None:
    """Count each request under the rule that took it, so that no id becomes a label."""

    @app.after_request
    def count(response: Response) -> Response:
        method = request.method if request.method in METHODS else "OTHER"
        endpoint = request.url_rule.rule if request.url_rule else "none"
        meters().requests.labels(method, endpoint, str(response.status_code)).inc()
        if "started" in g:
            took = time.perf_counter() - g.started
            meters().request_seconds.labels(method, endpoint).observe(took)
        return response

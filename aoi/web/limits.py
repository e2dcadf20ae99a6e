"""How many requests a key, a person or an address may make, and how large they may be."""

from __future__ import annotations

import sys
import time

from flask import Flask, Response, request
from flask_limiter import Limiter

from aoi.access import counters  # noqa: F401  (registers its storage)
from aoi.config import Settings
from aoi.serving.address import network_of
from aoi.web.guard import OPEN_PATHS, OPEN_PREFIXES, the_guard

OFF = "off"
# Asked by machines that watch, and by each page for its parts: cheap, and never refused.
UNCOUNTED_PATHS = ("/health", "/health/live")
# Of a request that sends no image: a list of 100,000 ids to export has less.
MAX_BODY_BYTES = 4 * 1024 * 1024
# They limit what they read themselves, while it comes in.
IMAGE_ENDPOINTS = frozenset({"upload.upload_image", "batch.upload_batch"})


def limit_requests(app: Flask, settings: Settings) -> None:
    """Count requests, refuse those over the limit, and tell each how many are left."""
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES

    @app.before_request
    def let_images_in() -> None:
        if request.endpoint in IMAGE_ENDPOINTS:
            # None would mean the limit above.
            request.max_content_length = sys.maxsize

    if settings.rate_limit == OFF:
        return
    limiter = Limiter(
        _caller,
        # Counted too: what asks for an address that there is not.
        request_identifier=lambda: request.endpoint or "nothing",
        application_limits=[settings.rate_limit],
        storage_uri="aoi-shared://",
        strategy="fixed-window",
    )
    limiter.request_filter(_is_uncounted)
    limiter.init_app(app)

    @app.after_request
    def tell(response: Response) -> Response:
        limit = limiter.current_limit
        if limit is not None:
            seconds = max(0, round(limit.reset_at - time.time()))
            response.headers["X-RateLimit-Limit"] = str(limit.limit.amount)
            response.headers["X-RateLimit-Remaining"] = str(limit.remaining)
            response.headers["X-RateLimit-Reset"] = str(seconds)
            if limit.breached:
                response.headers["Retry-After"] = str(max(1, seconds))
        return response


def _is_uncounted() -> bool:
    return request.path in UNCOUNTED_PATHS or request.path.startswith(OPEN_PREFIXES)


def _caller() -> str:
    """Return whose request this is, as it is counted."""
    if request.path not in OPEN_PATHS:
        caller = the_guard().caller()
        if caller is not None and caller.kind != "open":
            return f"{caller.kind} {caller.name}"
    return f"address {network_of(request.remote_addr or '')}"

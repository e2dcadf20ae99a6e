"""What the OpenAPI document says beside the endpoints themselves."""

from __future__ import annotations

from typing import Any

from flask_smorest import Api

from aoi import __version__

OPENAPI_SETTINGS: dict[str, Any] = {
    "API_TITLE": "AOI inference agent",
    "API_VERSION": f"v{__version__}",
    "OPENAPI_VERSION": "3.0.3",
    "OPENAPI_URL_PREFIX": "/",
    "OPENAPI_JSON_PATH": "openapi.json",
}
DESCRIPTION = """
Takes images of panels in, has each inspected exactly once by SegFormer, and keeps every result.

Times are ISO 8601 in UTC. Measures are in pixels of the image sent. Errors have one form:
`code`, `status`, a `message` that says what to do, and `errors` where values were bad.
With API keys or people configured, send a key as `Authorization: Bearer …` or `X-API-Key`. Its
scope is `read` (look), `upload` (also send and retry) or `admin` (also delete, and read the audit
log). Requests are counted: `X-RateLimit-Limit`, `-Remaining` and `-Reset` (seconds) tell how many
are left.
"""


def describe(api: Api) -> None:
    """Add the text and the ways to authenticate to the document."""
    spec = api.spec
    spec.options["info"] = {"description": DESCRIPTION.strip()}
    spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer"})
    spec.components.security_scheme(
        "api_key", {"type": "apiKey", "in": "header", "name": "X-API-Key"}
    )
    # The empty requirement: without configured keys none is needed.
    spec.options["security"] = [{}, {"bearer": []}, {"api_key": []}]

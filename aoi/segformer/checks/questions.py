"""Check what the service says of itself: /health, /api/model/current, /api/status."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from aoi.exceptions import InferenceError
from aoi.segformer.body import Unreadable
from aoi.segformer.checks.finding import Findings, is_bool, is_number, is_text
from aoi.segformer.checks.service import Service

FORMATS = {"png", "jpg", "jpeg", "bmp", "tiff", "tif"}
MAX_FILE_MB = 50


def _is_moment(value: Any) -> bool:
    try:
        datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return True


Wanted = dict[str, tuple[str, Callable[[Any], bool]]]

HEALTH: Wanted = {
    "status": ('"ok"', lambda value: value == "ok"),
    "timestamp": ("an ISO 8601 time", _is_moment),
    "model_loaded": ("true or false", is_bool),
    "device": ('"cuda" or "cpu"', lambda value: value in ("cuda", "cpu")),
    "cuda_available": ("true or false", is_bool),
    "system": ("a text", is_text),
}
MODEL: Wanted = {
    "success": ("true", lambda value: value is True),
    "current_model": ("a text", is_text),
    "model_name": ("a text", is_text),
    "base_size": ("a number", is_number),
    "patch_size": ("a number", is_number),
    "model_path": ("a text", is_text),
    "timestamp": ("an ISO 8601 time", _is_moment),
}
STATUS: Wanted = {
    **HEALTH,
    **MODEL,
    # The contract does not say what these two are in a superset of both.
    "status": ("a text", is_text),
    "supported_formats": ("a list of extensions", lambda value: isinstance(value, list)),
    "max_file_size_mb": ("a number", is_number),
}


def check_health(service: Service) -> Findings:
    findings = Findings("GET /health")
    document = _ask(service, findings, "The agent shows SegFormer as down.")
    if document is not None:
        findings.keys(document, HEALTH, "The agent's own /health may show SegFormer wrongly.")
        if document.get("model_loaded") is False:
            findings.differs(
                "no model is loaded", "Every image fails until the service has loaded its model."
            )
    return findings


def check_model(service: Service) -> Findings:
    findings = Findings("GET /api/model/current")
    meaning = "Results may be stored without the model's version; nothing else suffers."
    document = _ask(service, findings, meaning)
    if document is not None:
        findings.keys(document, MODEL, meaning)
    return findings


def check_status(service: Service) -> Findings:
    findings = Findings("GET /api/status")
    meaning = "The agent does not use it."
    document = _ask(service, findings, meaning)
    if document is None:
        return findings
    findings.keys(document, STATUS, meaning)
    formats = document.get("supported_formats")
    if isinstance(formats, list):
        taken = {str(one).lower().lstrip(".") for one in formats}
        if missing := sorted(FORMATS - taken):
            findings.differs(
                f"does not take {', '.join(missing)}",
                "Images of these types will be refused by the service and fail.",
            )
    size = document.get("max_file_size_mb")
    if isinstance(size, (int, float)) and size != MAX_FILE_MB:
        findings.odd(
            f"takes {size} MB a file, the contract says {MAX_FILE_MB}",
            f"Set MAX_FILE_SIZE_MB below {size}, or larger images fail." if size < 50 else "",
        )
    return findings


def _ask(service: Service, findings: Findings, meaning: str) -> dict[str, Any] | None:
    """Return the JSON object at the findings' place; None, and a finding, if there is none."""
    try:
        reply = service.get(findings.place.removeprefix("GET "))
        document = reply.members()
    except InferenceError as err:
        findings.differs(err.message, meaning)
    except Unreadable as err:
        findings.differs(f"answered {reply.status}, but not a JSON object: {err}", meaning)
    else:
        if reply.status == 200:
            return document
        findings.differs(f"answered {reply.status} instead of 200", meaning)
    return None

"""Check that the service refuses what it must, in the contract's way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aoi.exceptions import InferenceError
from aoi.segformer.body import Unreadable
from aoi.segformer.checks.finding import Findings
from aoi.segformer.checks.service import Reply, Service

_MEANING = "The agent checks images itself, so this matters only if a check is passed by."


def check_refusals(service: Service, image: bytes) -> Iterator[Findings]:
    """Send four uploads that must be refused. The limit of 50 MiB (413) is not tried."""
    cases: list[tuple[str, dict[str, Any] | None, int]] = [
        ("without a file", None, 400),
        ("with an empty file name", {"image": ("", image)}, 400),
        ("with the extension .gif", {"image": ("image.gif", image)}, 400),
        ("with an unreadable image", {"image": ("image.png", b"this is no image")}, 500),
    ]
    for words, files, status in cases:
        findings = Findings(f"POST /upload {words}")
        try:
            _check(findings, service.upload(files), status)
        except InferenceError as err:
            findings.differs(err.message, _MEANING)
        yield findings


def _check(findings: Findings, reply: Reply, status: int) -> None:
    if reply.status != status:
        findings.differs(f"answered {reply.status} instead of {status}", _MEANING)
        return
    try:
        document = reply.members()
    except Unreadable:
        document = {}
    if document.get("success") is False and isinstance(document.get("error"), str):
        findings.ok(f"refused with {status}")
    else:
        findings.differs(
            f'answered {status}, but not with {{"success": false, "error": "…"}}',
            "The agent cannot tell users the service's own reason.",
        )

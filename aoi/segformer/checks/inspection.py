"""Check the answer to an image that must be inspected."""

from __future__ import annotations

import io
import re
from pathlib import PurePath
from typing import Any

from marshmallow import ValidationError
from PIL import Image

from aoi.exceptions import BadAnswer, InferenceError
from aoi.segformer.analysis import Answer
from aoi.segformer.answer import odd_sizes, parse
from aoi.segformer.body import Unreadable, read
from aoi.segformer.checks.finding import Findings, is_text
from aoi.segformer.checks.mask import oddities
from aoi.segformer.checks.service import Reply, Service
from aoi.segformer.complaint import places
from aoi.segformer.contract import AnswerSchema
from aoi.segformer.failures import from_status

DEFECT_CLASSES = {"PI_Particle", "PR_Peeling", "Copper_Nodule", "Env_Particle"}
SLOW_SECONDS = 10.0
_SHOWN = 12
_FAILS = "Every such image ends as failed (502)."


def check_inspection(service: Service, image: bytes, filename: str) -> Findings:
    findings = Findings("POST /upload")
    try:
        reply = service.upload({"image": (PurePath(filename).name, image)})
    except InferenceError as err:
        findings.differs(err.message, "Every image ends as failed.")
        return findings
    if reply.status != 200:
        fault = from_status(reply.status, reply.body[:65536], service.url, 1)
        findings.differs(fault.message, "Every such image ends as failed.")
        return findings
    _tell_transfer(findings, reply, service.timeout)
    document = _document(findings, reply)
    if document is not None and (answer := _answer(findings, document, reply)):
        _check_extras(findings, document)
        _check_answer(findings, answer, image)
    return findings


def _tell_transfer(findings: Findings, reply: Reply, timeout: float) -> None:
    size = len(reply.body) / 1e6
    findings.ok(f"answered 200 with {size:.1f} MB in {reply.seconds:.2f} s")
    if reply.media_type != "application/json":
        findings.differs(
            f"the Content-Type is {reply.media_type or 'missing'} instead of application/json",
            "The agent reads it all the same, unless it is text/html.",
        )
    if reply.seconds > SLOW_SECONDS:
        findings.odd(
            f"one image took {reply.seconds:.0f} s",
            f"A try is given up after SEGFORMER_TIMEOUT ({timeout:g} s in this check).",
        )


def _document(findings: Findings, reply: Reply) -> dict[str, Any] | None:
    try:
        document, _ = read(reply.body)
    except Unreadable as err:
        findings.differs(f"the answer cannot be read: {err}", _FAILS)
        return None
    return document


def _answer(findings: Findings, document: dict[str, Any], reply: Reply) -> Answer | None:
    try:
        AnswerSchema().load(document)
    except ValidationError as err:
        wrong = places(err.messages)
        for text in wrong[:_SHOWN]:
            findings.differs(text, _FAILS)
        if len(wrong) > _SHOWN:
            findings.differs(f"{len(wrong) - _SHOWN} more places differ", _FAILS)
        return None
    try:
        answer = parse(reply.body)
    except BadAnswer as err:  # pragma: no cover (the schema has just said that it is right)
        findings.differs(err.message, _FAILS)
        return None
    findings.ok(
        f"the answer is what the contract says: {answer.total_defects} defects in "
        f"{len(answer.analysis.classes)} classes"
    )
    return answer


def _check_extras(findings: Findings, document: dict[str, Any]) -> None:
    """Check what the agent stores or ignores without depending on it."""
    if not is_text(document.get("filename")):
        findings.differs("filename is not a text", "The agent does not use it.")
    if not re.fullmatch(r"\d{8}_\d{6}", str(document.get("timestamp"))):
        findings.differs("timestamp is not YYYYMMDD_HHMMSS", "The agent does not use it.")
    moment = str(document["analysis_results"]["performance"]["timestamp"])
    if not re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", moment):
        findings.differs(
            "performance.timestamp is not YYYY-MM-DD HH:MM:SS", "It is stored as it comes."
        )


def _check_answer(findings: Findings, answer: Answer, image: bytes) -> None:
    for text in odd_sizes(answer):
        findings.differs(text, "It is stored, but does not lie on the image where it is shown.")
    with Image.open(io.BytesIO(image)) as opened:
        size = opened.size
    analysis = answer.analysis
    if (analysis.width, analysis.height) != size:
        findings.differs(
            f"image_shape says {analysis.width} x {analysis.height}, the image sent is "
            f"{size[0]} x {size[1]}",
            "Positions of defects do not fit the image.",
        )
    for found in analysis.classes:
        area = sum(region.area_pixels for region in found.regions)
        if area != found.total_area_pixels:
            findings.differs(
                f"{found.class_name} has total_area_pixels {found.total_area_pixels}, its regions "
                f"sum up to {area}",
                "Both are stored as they come.",
            )
    names = {found.class_name for found in analysis.classes}
    if names != DEFECT_CLASSES:
        findings.odd(
            f"its classes are {', '.join(sorted(names)) or 'none'}",
            "Another model's classes are stored and shown as they come.",
        )
    told = list(oddities(answer))
    for text in told[:_SHOWN]:
        findings.odd(text, "Mask and table may show different defects.")
    if not told:
        findings.ok("mask and regions tell of the same defects")

"""Answers to test with: a whole, small one of the contract, to be broken in one place."""

from __future__ import annotations

import json
from typing import Any

from tests.stub import Answers

SHA256 = "ad" * 32
WIDTH, HEIGHT = 64, 48
SMALL = Answers(answer_mb=0, regions=30)


def document() -> dict[str, Any]:
    return SMALL.document(SHA256, WIDTH, HEIGHT)


def body() -> bytes:
    return b"".join(SMALL.pieces(SHA256, WIDTH, HEIGHT))


def first_class(answer: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = answer["analysis_results"]["classes"]["1_PI_Particle"]
    return found


def encoded(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer).encode()

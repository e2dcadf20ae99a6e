"""One thing that was looked at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How it stands: ok; look, which may be meant so; wrong, which will not do."""

    OK = "ok"
    LOOK = "look"
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    """What was found, and unless it is ok, what to do."""

    level: Level
    text: str
    advice: str = ""


def ok(text: str) -> Finding:
    return Finding(Level.OK, text)


def look(text: str, advice: str) -> Finding:
    return Finding(Level.LOOK, text, advice)


def wrong(text: str, advice: str) -> Finding:
    return Finding(Level.WRONG, text, advice)


def duration(seconds: float) -> str:
    """Return a time as a person tells it."""
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} seconds"

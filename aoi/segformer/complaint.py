"""Say in plain words where an answer departs from the contract."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError

_SHOWN = 3
_WORDS = {
    "Missing data for required field.": "is missing",
    "Field may not be null.": "must not be null",
    "Not a valid string.": "must be a text",
    "Invalid input type.": "must be an object",
    "Invalid type.": "must be an object",
}


def places(messages: Any, path: str = "") -> list[str]:
    """Flatten marshmallow's messages to sentences, each beginning with its place."""
    if isinstance(messages, dict):
        found = []
        for key, inner in messages.items():
            here = "" if key == "_schema" else str(key)
            joint = "." if path and here and not here.startswith("[") else ""
            found += places(inner, f"{path}{joint}{here}")
        return found
    texts = messages if isinstance(messages, list) else [messages]
    return [f"{path or 'the answer'} {_WORDS.get(str(text), text)}" for text in texts]


def summary(err: ValidationError) -> str:
    """Say in one line what the first few of an answer's faults are."""
    found = places(err.messages)
    more = f" (and {len(found) - _SHOWN} more)" if len(found) > _SHOWN else ""
    return "; ".join(found[:_SHOWN]) + more


def excerpt(text: str, length: int = 60) -> str:
    """Return the beginning of a text from outside, fit to be shown in one line."""
    shown = " ".join(text.split())
    shown = "".join(char if char.isprintable() else "?" for char in shown)
    return shown if len(shown) <= length else shown[: length - 1] + "…"

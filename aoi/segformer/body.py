"""Read the JSON body of an answer, 10 to 15 MB of it base64, without parsing the base64.

Texts of `BLOCK` bytes and more without a quote are cut out before the rest is parsed strictly.
The cut is safe: its stand-in is no JSON outside a text, and what was cut is accepted only as
the value of one of the three pictures and only if it is base64 from end to end, so it holds
no escape. Whenever that does not hold, the whole body is parsed instead.
"""

from __future__ import annotations

import binascii
import json
import re
import secrets
from collections import Counter
from contextlib import suppress
from typing import Any, NoReturn

import pybase64

from aoi.segformer.complaint import excerpt

PICTURES = ("combined_image", "mask_image", "overlay_image")
BLOCK = 64 * 1024
_NONCE = secrets.token_hex(16)  # so that no text of a body can pass for a token
_SPACE = re.compile(r"[ \t\n\r]*")


class Unreadable(ValueError):
    """The body is not JSON as RFC 8259 has it, or a picture in it is not base64."""


class _Uncertain(Exception):
    """The short way does not hold for this body."""


def read(body: bytes) -> tuple[dict[str, Any], bytes | None]:
    """Return the top-level object, its pictures as bytes, and `analysis_results` as sent."""
    if cuts := _long_texts(body):
        with suppress(_Uncertain, Unreadable):
            return _read(body, cuts)
    # Not in a handler, where the error would keep the first text beside this one.
    return _read(body, [])


def members(body: bytes) -> dict[str, Any]:
    """Return the members of a small JSON object, parsed as strictly."""
    return _members(_skeleton(body, [])[0])[0]


def _read(body: bytes, cuts: list[tuple[int, int]]) -> tuple[dict[str, Any], bytes | None]:
    text, tokens = _skeleton(body, cuts)
    document, spans = _members(text)
    view = memoryview(body)
    for name in PICTURES:
        value = document.get(name)
        if isinstance(value, str):
            cut = tokens.pop(value, None)
            document[name] = _decoded(name, value if cut is None else view[cut[0] : cut[1]])
    if tokens:
        raise _Uncertain
    span = spans.get("analysis_results")
    return document, text[span[0] : span[1]].encode() if span else None


def _long_texts(body: bytes) -> list[tuple[int, int]]:
    """Find the runs between two quotes that fill a whole block, in one pass of memchr."""
    found = []
    position = BLOCK
    while position + BLOCK <= len(body):
        if body.find(b'"', position, position + BLOCK) != -1:
            position += BLOCK
            continue
        start, end = body.rfind(b'"', 0, position) + 1, body.find(b'"', position + BLOCK)
        if start == 0 or end == -1:
            break
        found.append((start, end))
        position = end
    return found


def _skeleton(body: bytes, cuts: list[tuple[int, int]]) -> tuple[str, dict[str, tuple[int, int]]]:
    """Return the body's text with a token in place of each cut, and the cuts by token."""
    parts, tokens, position = [], {}, 0
    for number, (start, end) in enumerate(cuts):
        token = f"{_NONCE}-{number}"
        tokens[token] = (start, end)
        parts += [body[position:start], token.encode()]
        position = end
    parts.append(body[position:])
    try:
        return b"".join(parts).decode(), tokens
    except UnicodeDecodeError as err:
        raise Unreadable("it is not UTF-8") from err


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        (twice, _), *_ = Counter(key for key, _ in pairs).most_common(1)
        raise Unreadable(f"the key '{excerpt(twice)}' stands twice in one object")
    return members


def _refuse(constant: str) -> NoReturn:
    raise Unreadable(f"{constant} is no JSON number")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse)


def _members(text: str) -> tuple[dict[str, Any], dict[str, tuple[int, int]]]:
    """Parse the top-level object; return its members and where each value stands in the text."""
    try:
        return _parsed(text)
    except RecursionError as err:
        raise Unreadable("it is nested too deeply") from err
    except Unreadable:
        raise
    except ValueError as err:
        raise Unreadable(f"it is not valid JSON: {err}") from err


def _parsed(text: str) -> tuple[dict[str, Any], dict[str, tuple[int, int]]]:
    pairs: list[tuple[str, Any]] = []
    spans: dict[str, tuple[int, int]] = {}
    position = _after(text, 0, "{", "an object")
    closed = text.startswith("}", position)
    while not closed:
        if not text.startswith('"', position):
            raise Unreadable(f"it is not valid JSON: a key is missing at character {position}")
        key, position = _DECODER.raw_decode(text, position)
        start = _after(text, position, ":", "a colon")
        value, end = _DECODER.raw_decode(text, start)
        pairs.append((key, value))
        spans[key] = (start, end)
        position = _skip(text, end)
        closed = text.startswith("}", position)
        if not closed:
            position = _after(text, position, ",", "a comma")
    if _skip(text, position + 1) != len(text):
        raise Unreadable(f"it is not valid JSON: more text follows character {position}")
    return _unique(pairs), spans


def _skip(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _after(text: str, position: int, mark: str, what: str) -> int:
    position = _skip(text, position)
    if not text.startswith(mark, position):
        raise Unreadable(f"it is not valid JSON: {what} is missing at character {position}")
    return _skip(text, position + 1)


def _decoded(name: str, value: str | memoryview) -> bytes:
    try:
        return pybase64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as err:
        raise Unreadable(f"{name} is not base64") from err

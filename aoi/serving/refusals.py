"""Answers that the main loop gives itself, where a thread would be too much."""

from __future__ import annotations

import json

from aoi.errors import error_body

RETRY_SECONDS = 5


def refusal(code: int, message: str) -> bytes:
    """Return a whole answer, in the contract's form, that ends the connection."""
    fields = error_body(code, message)
    body = json.dumps(fields).encode()
    head = [
        f"HTTP/1.1 {code} {fields['status']}",
        "Connection: close",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *([f"Retry-After: {RETRY_SECONDS}"] if code == 429 else []),
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


HEAD_TOO_LARGE = refusal(431, "The headers are too large. Send fewer or shorter ones.")
TOO_MANY_REFUSED = refusal(
    429,
    "Many requests from this address were refused, and more of them wait than may. See in their "
    "answers what is wrong with them, then go on.",
)

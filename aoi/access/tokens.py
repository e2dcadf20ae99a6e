"""Secrets of 256 random bits, and their hashes."""

from __future__ import annotations

import hashlib
import secrets

HINT_CHARACTERS = 8


def new_token(prefix: str = "") -> str:
    return prefix + secrets.token_urlsafe(32)


def hash_of(token: str) -> str:
    """Return what is stored of a token.

    A plain SHA-256: no list of words reaches 256 random bits. The row is found by this hash, so
    that the time a look-up takes tells nothing of the token.
    """
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()

"""Ids of images and batches: their second in UTC, then eight random characters."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PATTERN = re.compile(rf"[0-9]{{8}}_[0-9]{{6}}_[{CROCKFORD}]{{8}}")


def new_id(moment: datetime | None = None) -> str:
    """Return `YYYYMMDD_HHMMSS_` and 40 random bits in Crockford's base 32."""
    moment = (moment or datetime.now(UTC)).astimezone(UTC)
    bits = secrets.randbits(40)
    tail = "".join(CROCKFORD[bits >> shift & 31] for shift in range(35, -5, -5))
    return f"{moment:%Y%m%d_%H%M%S}_{tail}"


def is_id(text: str) -> bool:
    return PATTERN.fullmatch(text) is not None


def day_of(unique_id: str) -> str:
    """Return the `YYYYMMDD` that names the folder of this id."""
    return unique_id[:8]

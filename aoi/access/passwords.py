"""Passwords: what they must be, and their Argon2 hashes."""

from __future__ import annotations

from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from aoi.exceptions import Busy, Unprocessable

MIN_CHARACTERS = 10
MAX_CHARACTERS = 256
# Each takes 64 MiB: a crowd at the door must not take all memory.
AT_ONCE = 2
PATIENCE_SECONDS = 10.0

_hasher = PasswordHasher()
_room = BoundedSemaphore(AT_ONCE)
# Of no password: compared against where there is no such person, so that the time tells nothing.
NOBODY = (
    "$argon2id$v=19$m=65536,t=3,p=4$T0tVGq5hKxG0rCVZxqgkYw$"
    "mC6yGkCVbhm1nlx5wr1qMtn7sK1H1ZZCI3ikKOSBTQk"
)


def hash_password(password: str) -> str:
    """Return the hash to store; raise Unprocessable if the password is too short or too long."""
    if not MIN_CHARACTERS <= len(password) <= MAX_CHARACTERS:
        raise Unprocessable(
            f"A password has {MIN_CHARACTERS} to {MAX_CHARACTERS} characters. Take a longer one: "
            "a few words that do not belong together are good."
        )
    return _hasher.hash(password)


def is_password(stored: str, password: str) -> bool:
    """Tell whether a password is the one of a stored hash; raise Busy when too many ask."""
    if len(password) > MAX_CHARACTERS:
        return False
    if not _room.acquire(timeout=PATIENCE_SECONDS):
        raise Busy
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
    finally:
        _room.release()

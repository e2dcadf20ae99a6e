"""Names of keys and people."""

from __future__ import annotations

import unicodedata

from aoi.exceptions import Unprocessable

MAX_CHARACTERS = 100


def checked_name(name: str) -> str:
    """Return a name without spaces around it; raise Unprocessable if it cannot be one."""
    bare = unicodedata.normalize("NFC", name.strip())
    if not bare or len(bare) > MAX_CHARACTERS or not bare.isprintable():
        raise Unprocessable(f"A name has 1 to {MAX_CHARACTERS} printable characters.")
    return bare


def name_key(name: str) -> str:
    """Return the name as it is compared, whatever its case or form."""
    return unicodedata.normalize("NFKC", name.strip()).casefold()

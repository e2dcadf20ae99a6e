"""The few lines that run.py writes for a person."""

from __future__ import annotations

import sys
from contextlib import suppress


def say(text: str) -> None:
    """Print a line; a terminal that is gone must not keep us from stopping."""
    with suppress(OSError, ValueError):
        print(text, flush=True)


def complain(text: str) -> None:
    """Print a line about something that went wrong."""
    with suppress(OSError, ValueError):
        print(text, file=sys.stderr, flush=True)

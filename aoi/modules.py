"""The scripts that a page's first script imports: named at once, they load side by side."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from aoi.config import ROOT

SCRIPTS = ROOT / "static" / "js"
IMPORT = re.compile(r"""^(?:import|export)\s(?:[^"';]*\sfrom\s)?"(\.[^"]+)";""", re.MULTILINE)


@cache
def imported(first: str) -> tuple[str, ...]:
    """Return a script of static/js and all that it imports, those nearest to it first."""
    found = {first: None}
    waiting = [first]
    for name in waiting:
        for address in IMPORT.findall((SCRIPTS / name).read_text(encoding="utf-8")):
            path = (SCRIPTS / name).parent / address
            nearer = Path(path).resolve().relative_to(SCRIPTS.resolve()).as_posix()
            if nearer not in found:
                found[nearer] = None
                waiting.append(nearer)
    return tuple(found)

"""PostgreSQL's own programs: the wheel's, or newer ones of the system for a newer server."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from psycopg2.extensions import make_dsn, parse_dsn

from aoi import cluster
from aoi.backup.failure import BackupFailed

DEBIAN = Path("/usr/lib/postgresql")
_MAJOR = re.compile(r"\(PostgreSQL\) (\d+)")


def find(name: str, server_major: int) -> str:
    """Return a program that works with a server of this version: not an older one.

    The wheel's is preferred, so that every backup is read by the program that wrote it.
    """
    if server_major <= cluster.VERSION:
        return str(cluster.BINARIES / name)
    found = [*DEBIAN.glob(f"*/bin/{name}"), *filter(None, [_on_path(name)])]
    newest = max(found, key=_major, default=None)
    if newest is None or _major(newest) < server_major:
        raise BackupFailed(
            f"The server is PostgreSQL {server_major}, and no {name} of that version is here. "
            f"Install it: apt install postgresql-client-{server_major}"
        )
    return str(newest)


def _on_path(name: str) -> Path | None:
    found = shutil.which(name)
    return Path(found) if found else None


def _major(program: Path) -> int:
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    match = _MAJOR.search(told.stdout)
    return int(match[1]) if match else 0


def address(url: str) -> tuple[str, Mapping[str, str]]:
    """Split a libpq URL into what may be seen in a list of processes, and an environment."""
    parts = parse_dsn(url)
    password = parts.pop("password", None)
    env = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    return make_dsn(**parts), env | ({"PGPASSWORD": password} if password else {})


def reason(stderr: bytes | str) -> str:
    """Return the last line that a program wrote about what went wrong."""
    text = stderr.decode(errors="replace") if isinstance(stderr, bytes) else stderr
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "error:" in line.lower() or "fatal:" in line.lower()]
    return (errors or lines or ["it gave no reason"])[0]

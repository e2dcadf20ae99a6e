"""Do the settings parse, and do they fit together?"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from dotenv import dotenv_values

from aoi.access.opening import is_local
from aoi.config import ROOT, ConfigError, Settings, load_settings
from aoi.doctor.finding import Finding, look, ok, wrong

NAMES = {item.name.upper() for item in fields(Settings)}
# Of other programs that read the same environment.
FOREIGN = {"FLASK_APP", "FLASK_DEBUG", "TMPDIR", "TZ", "PYTHONUNBUFFERED"}


def read() -> tuple[Settings | None, list[Finding]]:
    """Read the settings as the agent does; None if they do not parse."""
    try:
        settings = load_settings()
    except ConfigError as err:
        return None, [wrong(str(err), "Correct it in .env or in the environment (.env.example).")]
    given = sorted(name for name in NAMES if os.environ.get(name, "").strip())
    return settings, [
        ok(f"They parse. Set: {', '.join(given) or 'none, all have their defaults'}."),
        *_of_file(ROOT / ".env"),
        *_together(settings),
    ]


def _of_file(path: Path) -> Iterator[Finding]:
    if not path.is_file():
        return
    for name in dotenv_values(path):
        if name not in NAMES | FOREIGN:
            near = difflib.get_close_matches(name, NAMES, n=1)
            meant = f"Did you mean {near[0]}?" if near else ".env.example has all there are."
            yield look(f"{name} in .env is no setting: it does nothing.", meant)
    if path.stat().st_mode & 0o007:
        yield look("Every user of this host can read .env.", f"chmod o= {path}")


def _together(settings: Settings) -> Iterator[Finding]:
    if settings.app_env != "production":
        yield look(
            "APP_ENV is not production: what is only fit for trying out is allowed.",
            "Set APP_ENV=production where images of the plant are kept.",
        )
    if settings.database_url is None:
        yield look(
            "DATABASE_URL is not set: the embedded PostgreSQL is used, for this host alone.",
            "Good for one host. For several, see docs/install.md.",
        )
    if settings.segformer_service_url is None:
        yield look(
            "SEGFORMER_SERVICE_URL is not set: the bundled service is used, which was trained on "
            "synthetic images.",
            "Set it to the address of the plant's SegFormer service.",
        )
    if is_local(settings.host):
        yield ok(f"HOST {settings.host}: only this host can call, or a reverse proxy on it.")
    elif not settings.trusted_proxies:
        yield look(
            f"HOST {settings.host}: other hosts call without TLS, so keys can be read on the way.",
            "Put a reverse proxy in front (deploy/nginx), HOST=127.0.0.1 and TRUSTED_PROXIES=1.",
        )
    if is_local(settings.host) and not settings.trusted_proxies:
        yield ok("TRUSTED_PROXIES is 0: set it to 1 once a reverse proxy is in front.")

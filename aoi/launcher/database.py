"""The database at the start: can it be reached, does it have this release's tables."""

from __future__ import annotations

from contextlib import closing

import psycopg2
from alembic.script import ScriptDirectory
from psycopg2.errors import UndefinedTable

from aoi.administration import said
from aoi.config import ROOT
from aoi.launcher.failure import StartFailed


def is_migrated(url: str) -> bool:
    """Tell whether every migration is applied: a look, where applying none takes two seconds."""
    heads = set(ScriptDirectory(str(ROOT / "migrations")).get_heads())
    try:
        with closing(psycopg2.connect(url, connect_timeout=5)) as link, link.cursor() as cursor:
            cursor.execute("SELECT version_num FROM alembic_version")
            return {row[0] for row in cursor} == heads
    except UndefinedTable:
        return False
    except psycopg2.OperationalError as err:
        raise StartFailed(said(err)) from err

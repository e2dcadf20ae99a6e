"""What grows old beside the images: caches, rotated logs, idempotency keys."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import delete, func, or_, select

from aoi.extensions import db
from aoi.models import IdempotencyKey
from aoi.outlines import cache as outlines
from aoi.storage import Storage
from aoi.tiles.cache import TileCache

DAY = 24 * 3600.0
# What nobody looked at for so long is made again should anybody ask.
UNUSED_SECONDS = 30 * DAY
# By size, logs are kept for long where little happens.
LOG_SECONDS = 90 * DAY
# As concurrent-log-handler numbers them.
ROTATED = re.compile(r"(app|error)\.log\.\d+")


@dataclass(frozen=True)
class Tidied:
    """What was taken away, or would be, in bytes; and how many keys."""

    cache_bytes: int = 0
    log_bytes: int = 0
    keys: int = 0


def tidy(
    storage: Storage, tiles: TileCache, log_dir: Path, keys_before: datetime | None, dry_run: bool
) -> Tidied:
    """Take away what is old; tiles are left out of a dry run."""
    cache = sum(_take(path, dry_run) for path in _unused(storage))
    logs = sum(_take(path, dry_run) for path in _old_logs(log_dir))
    if not dry_run:
        cache += tiles.trim(UNUSED_SECONDS) + outlines.trim(storage)
    return Tidied(cache, logs, _keys(keys_before, dry_run) if keys_before else 0)


def _unused(storage: Storage) -> Iterator[Path]:
    """Yield what was traced and not read for long, or of an image that is gone."""
    oldest = time.time() - UNUSED_SECONDS
    for used, _, path in outlines.kept(storage):
        if used < oldest or not outlines.is_of_an_image(storage, path):
            yield path


def _old_logs(folder: Path) -> Iterator[Path]:
    oldest = time.time() - LOG_SECONDS
    for path in folder.glob("*.log.*"):
        with suppress(FileNotFoundError):
            if ROTATED.fullmatch(path.name) and path.stat().st_mtime < oldest:
                yield path


def _take(path: Path, dry_run: bool) -> int:
    try:
        size = path.stat().st_size
        if not dry_run:
            path.unlink()
    except FileNotFoundError:
        return 0  # somebody else was quicker
    return size


def _keys(before: datetime, dry_run: bool) -> int:
    """Forget keys whose request nobody repeats any more."""
    stale = (
        IdempotencyKey.created_at < before,
        or_(IdempotencyKey.held_until.is_(None), IdempotencyKey.held_until < datetime.now(UTC)),
    )
    if dry_run:
        count = db.session.scalar(select(func.count()).select_from(IdempotencyKey).where(*stale))
        db.session.rollback()
        return count or 0
    deleted = db.session.scalars(
        delete(IdempotencyKey).where(*stale).returning(IdempotencyKey.key)
    ).all()
    db.session.commit()
    return len(deleted)

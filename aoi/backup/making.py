"""Make a backup: a dump, the files its rows name, and a look at what changed meanwhile."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg2

from aoi import __version__
from aoi.administration import said
from aoi.backup import listing, moment
from aoi.backup.failure import BackupFailed
from aoi.backup.gathering import Gathering, Tally
from aoi.backup.loading import NOT_KEPT
from aoi.backup.place import DUMP, FACTS, FILES, FORM, Place
from aoi.config import Settings
from aoi.metrics.state import LAST_BACKUP
from aoi.storage import NO_SPACE, Storage

ROWS = "rows.jsonl"
# Each round finds the files of the one before in place, so only the last seconds can differ.
ROUNDS = 5
AT_ONCE = 10_000


@dataclass(frozen=True)
class Backup:
    """A backup that was made."""

    name: str
    folder: Path
    tally: Tally
    dump_bytes: int
    rows: int
    rounds: int
    forgotten: int
    seconds: float


def back_up(settings: Settings, url: str, root: Path, keep: int | None = None) -> Backup:
    """Back database and files up to `root`; safe while the product runs.

    `keep` is how many backups to leave there. Raises BackupFailed; then `root` is as before.
    """
    root = root.expanduser().resolve()
    if root.is_relative_to(settings.data_dir):
        raise BackupFailed(f"{root} lies in the data folder. Give a folder on another disk.")
    try:
        return _back_up(settings, url, Place(root), keep)
    except psycopg2.Error as err:
        raise BackupFailed(said(err)) from err
    except OSError as err:
        if err.errno in NO_SPACE:
            raise BackupFailed(
                f"The disk of {root} is full. Free some space, or keep fewer (--keep)."
            ) from err
        raise BackupFailed(f"{err.filename or root}: {err.strerror}.") from err


def _back_up(settings: Settings, url: str, place: Place, keep: int | None) -> Backup:
    started = time.monotonic()
    with place.held():
        moment_name = datetime.now(UTC).strftime("%Y%m%d_%H%M%S")
        name = _free_name(place, moment_name)
        draft = place.backups / f".{name}"
        draft.mkdir(mode=0o700)
        facts, tally, rounds = _settled(settings, url, place, draft)
        facts = {
            "form": FORM,
            "name": name,
            "version": __version__,
            **facts,
            "files": _figures(tally),
            "missing": tally.missing,
            "damaged": tally.damaged,
        }
        (draft / FACTS).write_text(json.dumps(facts, indent=2))
        # All at once: a sync for each of many thousand files takes minutes.
        os.sync()
        draft.rename(place.folder(name))
        os.sync()
        _note(settings.data_dir, place.root, name)
        forgotten = place.forget(keep) if keep else 0
    return Backup(
        name,
        place.folder(name),
        tally,
        facts["dump"]["bytes"],
        sum(count for table, count in facts["rows"].items() if table != NOT_KEPT),
        rounds,
        forgotten,
        time.monotonic() - started,
    )


def _free_name(place: Place, name: str) -> str:
    while place.folder(name).exists():
        time.sleep(0.1)  # two within a second
        name = datetime.now(UTC).strftime("%Y%m%d_%H%M%S")
    return name


def _settled(
    settings: Settings, url: str, place: Place, draft: Path
) -> tuple[dict[str, Any], Tally, int]:
    """Dump and gather until no file was deleted or replaced before it was gathered."""
    names = place.names()
    earlier = place.folder(names[-1]) / FILES if names else None
    unsettled: set[str] = set()
    storage = Storage(settings.data_dir)
    new_files = new_bytes = 0
    for number in range(1, ROUNDS + 1):
        files = draft / FILES if number == 1 else draft / f"{FILES}.{number}"
        with moment.moment_of(url) as seen:
            facts = _dumped(seen, draft)
            seen.write_rows(draft / ROWS)
        if facts["rows"]["uploads"] and not storage.is_there:
            raise BackupFailed(
                f"{settings.data_dir} has no folder uploads. Is its disk mounted, and is DATA_DIR "
                "right?"
            )
        gathering = Gathering(storage, place, listing.Earlier(earlier), unsettled)
        listing.write(files, gathering.entries(moment.read_rows(draft / ROWS)))
        tally = gathering.tally
        # Those of the rounds before are new to the place all the same.
        new_files, new_bytes = new_files + tally.new_files, new_bytes + tally.new_bytes
        unsettled = _changed(url, tally)
        if not unsettled:
            files.replace(draft / FILES)
            for left in (draft / ROWS, *draft.glob(f"{FILES}.*")):
                left.unlink()
            listed = draft / FILES
            facts["list"] = {"bytes": listed.stat().st_size, "sha256": listing.sha256_of(listed)}
            tally.new_files, tally.new_bytes = new_files, new_bytes
            return facts, tally, number
        earlier = files
    raise BackupFailed(
        f"Images were deleted or inspected again all the while ({len(unsettled)} in the last "
        "round), so files and rows do not fit together. Make the backup when that has ended."
    )


def _dumped(seen: moment.Moment, draft: Path) -> dict[str, Any]:
    path = draft / DUMP
    seen.dump(path)
    return {
        "created_at": datetime.now(UTC).isoformat(),
        "revision": seen.revision(),
        "server_major": seen.server_major,
        "rows": seen.counts(),
        "dump": {"bytes": path.stat().st_size, "sha256": listing.sha256_of(path)},
    }


def _changed(url: str, tally: Tally) -> set[str]:
    """Return the images whose files were read for another state of their row.

    Results are replaced only after the row has counted one more attempt, and files deleted only
    after the row is gone.
    """
    ids, changed = list(tally.read), set()
    for start in range(0, len(ids), AT_ONCE):
        part = ids[start : start + AT_ONCE]
        now = moment.attempts_now(url, part)
        for unique_id in part:
            if unique_id not in now:
                # Gathered whole before it was deleted, it belongs to the moment.
                is_whole = unique_id not in tally.incomplete
            else:
                is_whole = now[unique_id] == tally.read[unique_id]
            if not is_whole:
                changed.add(unique_id)
    return changed


def _figures(tally: Tally) -> dict[str, int]:
    figures = asdict(tally)
    return {name: value for name, value in figures.items() if isinstance(value, int)}


def _note(data_dir: Path, root: Path, name: str) -> None:
    """Leave word for /metrics and doctor."""
    draft = data_dir / f"{LAST_BACKUP}.new"
    draft.write_text(json.dumps({"timestamp": time.time(), "folder": str(root), "name": name}))
    draft.replace(data_dir / LAST_BACKUP)

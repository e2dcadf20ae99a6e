"""The real product, started by run.py in folders of its own; it can be killed part by part."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from types import TracebackType

import psutil
import requests

from aoi import cluster, processes
from aoi.config import ROOT, Settings
from aoi.launcher.leftovers import MARK
from aoi.launcher.network import free_port

START_SECONDS = 120.0
STOP_SECONDS = 120.0
ROLES = ("launcher", "web master", "web worker", "queue worker", "postmaster", "backend")


class Product:
    """The product under `folder`, with `settings` in its environment; a context manager.

    Start it from the main thread: it ends with the thread that started it.
    """

    def __init__(self, folder: Path, **settings: object) -> None:
        self.folder = folder
        self.data_dir = folder / "data"
        self.console = folder / "console.txt"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        names = {item.name.upper() for item in fields(Settings)}
        inherited = {key: value for key, value in os.environ.items() if key not in names}
        self.env = inherited | {
            "PORT": str(self.port),
            "DATA_DIR": str(self.data_dir),
            "LOG_DIR": str(folder / "logs"),
            **{name: str(value) for name, value in settings.items()},
        }
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Product:
        try:
            self.start()
            self.wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        err: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        with self.console.open("ab") as output:
            self._process = processes.spawn(
                [sys.executable, "run.py"], output=output, env=self.env, cwd=ROOT
            )

    def wait_until_ready(self, seconds: float = START_SECONDS) -> None:
        """Wait until `/health` answers 200, starting it again if it ended."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not self.running:
                self.start()
            with suppress(requests.RequestException), requests.Session() as session:
                session.trust_env = False
                if session.get(f"{self.url}/health", timeout=3).status_code == 200:
                    return
            time.sleep(0.2)
        raise RuntimeError(f"the product did not start; it said:\n{self.last_words()}")

    def waiting(self) -> int | None:
        """Return how many uploads are queued or processing; None where that cannot be asked now."""
        try:
            with requests.Session() as session:
                session.trust_env = False
                states = session.get(f"{self.url}/stats", timeout=5).json()["uploads_by_status"]
                return int(states["queued"] + states["processing"])
        except (requests.RequestException, KeyError):
            return None

    def stop(self) -> list[str]:
        """Ask it to stop; end what is left, and return the command lines of that."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_SECONDS)
        left = list(self.family())
        told = [_command(process) for process in left]
        processes.end(left, signal.SIGKILL, 5)
        if self._process is not None:
            self._process.wait()
        return told

    def family(self) -> Iterator[psutil.Process]:
        """Yield every process of the product, also those that a killed launcher left."""
        if self._process is not None and self._process.poll() is None:
            yield psutil.Process(self._process.pid)
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.environ().get(MARK) == str(self.data_dir):
                    yield process
        yield from cluster.survivors(self.data_dir / "postgres")

    def roles(self) -> dict[str, list[psutil.Process]]:
        """Return the processes by what they do; other ones (a migration) are left out."""
        found: dict[str, list[psutil.Process]] = {role: [] for role in ROLES}
        masters = []
        for process in self.family():
            with suppress(psutil.Error):
                command = process.cmdline()
                if command[-1:] == ["run.py"]:
                    found["launcher"].append(process)
                elif "gunicorn" in command:
                    masters.append(process)
                elif command[-1:] == ["worker"]:
                    found["queue worker"].append(process)
                elif process.name() == "postgres":
                    found["postmaster" if "-D" in command else "backend"].append(process)
        pids = {process.pid for process in masters}
        for process in masters:
            with suppress(psutil.Error):
                role = "web worker" if process.ppid() in pids else "web master"
                found[role].append(process)
        return found

    def command(self, *arguments: str, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        """Run a flask command of the administrator beside the running product."""
        return subprocess.run(
            [sys.executable, "-m", "flask", "--app", "wsgi", *arguments],
            env=self.env, cwd=ROOT, capture_output=True, text=True, timeout=timeout,
        )  # fmt: skip

    def last_words(self) -> str:
        return self.console.read_text(errors="replace")[-2000:]


def _command(process: psutil.Process) -> str:
    try:
        return f"{process.pid} {' '.join(process.cmdline())}"
    except psutil.Error:
        return str(process.pid)

"""The real product, started by run.py in a folder of its own, and what it costs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import fields
from pathlib import Path
from types import TracebackType

import psutil
import requests

from aoi.config import ROOT, Settings
from aoi.launcher.network import free_port

START_SECONDS = 90
STOP_SECONDS = 60


class Product:
    """A running product whose SegFormer is at `service_url`; a context manager."""

    def __init__(self, folder: Path, service_url: str) -> None:
        self._folder = folder
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        names = {item.name.upper() for item in fields(Settings)}
        inherited = {key: value for key, value in os.environ.items() if key not in names}
        self._env = inherited | {
            "PORT": str(port),
            "DATA_DIR": str(folder / "data"),
            "LOG_DIR": str(folder / "logs"),
            "SEGFORMER_SERVICE_URL": service_url,
        }

    def __enter__(self) -> Product:
        self._console = (self._folder / "console.txt").open("w")
        self._process = subprocess.Popen(
            [sys.executable, "run.py"],
            cwd=ROOT,
            env=self._env,
            stdout=self._console,
            stderr=subprocess.STDOUT,
        )
        try:
            self._wait()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        err: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        finally:
            self._process.kill()
            self._console.close()

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                if requests.get(f"{self.url}/health", timeout=3).status_code == 200:
                    return
            except requests.RequestException:
                pass
            time.sleep(0.2)
        console = (self._folder / "console.txt").read_text()
        raise SystemExit(f"The product did not start:\n{console}")

    def processes(self) -> dict[str, list[psutil.Process]]:
        """Return the processes of the web server, of the worker, and of PostgreSQL."""
        found: dict[str, list[psutil.Process]] = {"web": [], "worker": [], "postgres": []}
        for child in psutil.Process(self._process.pid).children():
            command = child.cmdline()
            for name, word in (("web", "gunicorn"), ("worker", "worker")):
                if word in command:
                    found[name] = [child, *child.children(recursive=True)]
        for pid_file in (self._folder / "data").rglob("postmaster.pid"):
            master = psutil.Process(int(pid_file.read_text().split()[0]))
            found["postgres"] = [master, *master.children(recursive=True)]
        return found

    def cpu_seconds(self) -> dict[str, float]:
        """Return user and system time used so far; children that have ended are in it."""
        return {
            name: sum(sum(process.cpu_times()[:4]) for process in alive)
            for name, alive in self.processes().items()
        }

    def megabytes(self) -> dict[str, float]:
        """Return the memory of web and worker; pages that processes share count once."""
        found = self.processes()
        return {
            name: sum(process.memory_full_info().pss for process in found[name]) / 1e6
            for name in ("web", "worker")
        }

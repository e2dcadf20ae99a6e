"""A child process that is started again when it dies, with growing pauses."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from aoi import processes

PAUSES = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
STEADY_SECONDS = 60.0  # having run this long, a death counts as the first one again


class Child:
    """One command, its output in a file, its process if it runs."""

    def __init__(
        self, title: str, command: Sequence[str], env: Mapping[str, str], cwd: Path, output: Path
    ) -> None:
        self.title = title
        self.output = output
        self.deaths = 0
        self._command = list(command)
        self._env = env
        self._cwd = cwd
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._due = 0.0
        output.unlink(missing_ok=True)

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        return None if self._process is None else self._process.poll()

    def start(self) -> None:
        with self.output.open("ab") as output:
            self._process = processes.spawn(
                self._command, output=output, env=self._env, cwd=self._cwd
            )
        self._started = time.monotonic()

    def check(self) -> str | None:
        """Start it again if it died; return what happened, in words, when it has just died."""
        if self._process is not None:
            code = self._process.poll()
            if code is None:
                return None
            # What it leaves (gunicorn's workers) would keep its port.
            processes.kill_group(self._process.pid)
            self._process = None
            steady = time.monotonic() - self._started > STEADY_SECONDS
            self.deaths = 1 if steady else self.deaths + 1
            pause = PAUSES[min(self.deaths, len(PAUSES)) - 1]
            self._due = time.monotonic() + pause
            return f"{self.title} ended {_describe(code)}; it is started again."
        if time.monotonic() >= self._due:
            self.start()
        return None

    def terminate(self) -> None:
        """Ask it to end, finishing what is in hand."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def kill(self) -> None:
        """End it and all of its own children at once."""
        if self._process is not None:
            processes.kill_group(self._process.pid)
            self._process.wait()
            self._process = None

    def last_words(self) -> str:
        """Return the last line that it wrote."""
        with suppress(FileNotFoundError):
            lines = self.output.read_text(errors="replace").split("\n")
            for line in reversed([line.strip() for line in lines]):
                if line:
                    return _message(line)
        return "it gave no reason"


def _message(line: str) -> str:
    with suppress(ValueError, KeyError, TypeError):
        return str(json.loads(line)["message"])
    return line


def _describe(code: int) -> str:
    if code >= 0:
        return f"with code {code}"
    with suppress(ValueError):
        return f"by {signal.Signals(-code).name}"
    return f"by signal {-code}"

"""run.py as a process of its own, started and ended as a person or systemd would."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import requests
from PIL import Image

from aoi.config import ROOT, Settings
from aoi.launcher.leftovers import MARK

READY = re.compile(r"AOI inference agent ready: (http://\S+)")
NAMES = [name.upper() for name in Settings.__dataclass_fields__]


def until(condition: Callable[[], Any], seconds: float = 120) -> Any:
    """Return what `condition` returns once it is true; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
    return result


def png() -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((64, 64), 50).save(buffer, "PNG")
    return buffer.getvalue()


class Running:
    """One data folder and the run.py that serves it."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.data_dir = folder / "data"
        self.output = folder / "output"
        self.process: subprocess.Popen[bytes] | None = None
        self.url = ""
        self._http = requests.Session()
        self._http.trust_env = False
        self._env = {name: text for name, text in os.environ.items() if name not in NAMES}
        # Set, though empty, so that a developer's .env does not reach in.
        self._env |= dict.fromkeys(NAMES, "")
        self._env |= {"DATA_DIR": str(self.data_dir), "LOG_DIR": str(folder / "logs")}
        self._env |= {"PORT": "0", "SECRET_KEY": "test", **variables}

    def begin(self) -> None:
        """Start it, without waiting."""
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "run.py"],
                cwd=ROOT,
                env=self._env,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def start(self) -> None:
        """Start it and wait until it says that it is ready."""
        self.begin()
        match = until(lambda: READY.search(self.text()) or self.ended())
        assert isinstance(match, re.Match), self.text()
        self.url = match[1]

    def text(self) -> str:
        return self.output.read_text()

    def ended(self) -> bool:
        assert self.process is not None
        return self.process.poll() is not None

    def send(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop; return its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.ended_with()

    def ended_with(self) -> int:
        """Wait for its end; return its exit code."""
        assert self.process is not None
        return self.process.wait(120)

    def kill(self) -> None:
        """Kill it and leave everything else as it is."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def processes(self, words: str = "") -> list[psutil.Process]:
        """Return the living processes that it started, those with `words` in their command."""
        found = []
        for process in psutil.process_iter():
            try:
                ours = process.environ().get(MARK) == str(self.data_dir)
                command = " ".join(process.cmdline())
            except psutil.Error:
                continue
            if (ours or f"-D {self.data_dir}/" in command) and words in command:
                found.append(process)
        return found

    def kill_child(self, words: str) -> None:
        """Kill the oldest process whose command holds `words`."""
        min(self.processes(words), key=lambda process: process.create_time()).kill()

    def get(self, path: str) -> dict[str, Any]:
        answer: dict[str, Any] = self._http.get(self.url + path, timeout=60).json()
        return answer

    def upload(self, wait: bool = True) -> dict[str, Any]:
        """Upload a new image; return the answer."""
        answer = self._http.post(
            f"{self.url}/upload",
            files={"image": ("panel.png", png())},
            headers={} if wait else {"Prefer": "respond-async"},
            timeout=150,
        )
        assert answer.status_code in (200, 202), answer.text
        document: dict[str, Any] = json.loads(answer.content)
        return document

    def state_of(self, upload: dict[str, Any]) -> dict[str, Any]:
        return self.get(f"/uploads/{upload['img_unique_id']}")

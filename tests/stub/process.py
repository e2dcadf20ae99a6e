"""Start and stop a stub as a process of its own, for tests and benchmarks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

import requests

from tests.stub.answers import TYPICAL_REGIONS, ExpectedAnswer, expected_answer

ROOT = Path(__file__).resolve().parents[2]


class StubService:
    """A running stub; a context manager.

    Small answers by default: tests of behaviour need no 14 MB.
    """

    def __init__(
        self,
        latency: float = 0.0,
        answer_mb: float = 0.2,
        regions: int = TYPICAL_REGIONS,
        port: int = 0,
        journal: Path | None = None,
    ) -> None:
        self._options: dict[str, Any] = {
            "latency": latency,
            "answer-mb": answer_mb,
            "regions": regions,
        }
        if journal is not None:
            self._options["journal"] = journal
        self._answer = {"answer_mb": answer_mb, "regions": regions}
        self._port = port
        self.process: subprocess.Popen[str] | None = None
        self.url = ""

    def __enter__(self) -> StubService:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        err: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start, on the same port as before after a stop."""
        command = [sys.executable, "-m", "tests.stub", "--port", str(self._port)]
        for name, value in self._options.items():
            command += [f"--{name}", str(value)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()
        if not self.url:
            raise RuntimeError("the stub did not start")
        self._port = int(self.url.rpartition(":")[2])

    def stop(self) -> None:
        """End the process; whoever is connected is cut off."""
        if self.process is None:
            return
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process = None

    def set_fault(self, mode: str, **options: Any) -> None:
        """Have one fault (see faults.py) and no other."""
        self.set_faults({"mode": mode, **options})

    def set_faults(self, *faults: dict[str, Any]) -> None:
        """Have several faults, the first that applies to a request first."""
        self._post("faults", list(faults))

    def set_latency(self, seconds: float) -> None:
        self._post("latency", {"seconds": seconds})

    def hold(self) -> None:
        """Answer no image until `release`: what is asked meanwhile is under way for as long."""
        self._post("hold", {})

    def release(self) -> None:
        self._post("release", {})

    def reset(self) -> None:
        """Forget faults and counts, and hold nothing any more."""
        self._post("reset", {})

    def stats(self) -> dict[str, Any]:
        """Return the counts of server.Stats; `images` counts by SHA-256 of the image."""
        with _session() as session:
            answer: dict[str, Any] = session.get(f"{self.url}/stub/stats", timeout=60).json()
        return answer

    def expected(self, sha256: str, width: int, height: int) -> ExpectedAnswer:
        """Return what this stub answers to an image."""
        return expected_answer(sha256, width, height, **self._answer)  # type: ignore[arg-type]

    def _post(self, path: str, document: Any) -> None:
        with _session() as session:
            session.post(f"{self.url}/stub/{path}", json=document, timeout=60).raise_for_status()


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session

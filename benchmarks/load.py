"""Clients that upload one image again and again: `python -m benchmarks.load`, one process.

It reads its orders, as JSON, from standard input and prints the seconds of each upload.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from aoi.config import ROOT

BOUNDARY = "benchmark-boundary"
TIMEOUT = 180


@dataclass(frozen=True)
class Load:
    """`clients` at once, until `uploads` are done together."""

    host: str
    port: int
    image: str
    clients: int
    uploads: int


@dataclass(frozen=True)
class Outcome:
    """What came of a load; `seconds` holds one figure an upload."""

    seconds: list[float]
    errors: list[str]
    wall: float


def body_of(image: Path) -> bytes:
    head = (
        f"--{BOUNDARY}\r\nContent-Disposition: form-data; "
        f'name="image"; filename="{image.name}"\r\n\r\n'
    )
    return head.encode() + image.read_bytes() + f"\r\n--{BOUNDARY}--\r\n".encode()


def run(load: Load) -> Outcome:
    """Put a load on the server from a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.load"],
        input=json.dumps(asdict(load)),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return Outcome(**json.loads(done.stdout))


class _Clients:
    def __init__(self, load: Load) -> None:
        self._load = load
        self._body = body_of(Path(load.image))
        self._left = load.uploads
        self._lock = threading.Lock()
        self.seconds: list[float] = []
        self.errors: list[str] = []

    def run(self) -> None:
        threads = [threading.Thread(target=self._client) for _ in range(self._load.clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _client(self) -> None:
        link = http.client.HTTPConnection(self._load.host, self._load.port, timeout=TIMEOUT)
        headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        while self._take():
            started = time.perf_counter()
            try:
                link.request("POST", "/upload", self._body, headers)
                answer = link.getresponse()
                text = answer.read()
                if answer.status != 200:
                    self.errors.append(f"{answer.status} {text[:300].decode(errors='replace')}")
            except (OSError, http.client.HTTPException) as err:
                self.errors.append(repr(err))
                link.close()
            self.seconds.append(time.perf_counter() - started)
        link.close()

    def _take(self) -> bool:
        with self._lock:
            self._left -= 1
            return self._left >= 0


def main() -> None:
    clients = _Clients(Load(**json.load(sys.stdin)))
    started = time.perf_counter()
    clients.run()
    outcome = Outcome(clients.seconds, clients.errors, time.perf_counter() - started)
    json.dump(asdict(outcome), sys.stdout)


if __name__ == "__main__":
    main()

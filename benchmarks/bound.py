"""The raw lower bound of an upload: what no agent could leave out, in the fewest calls.

The input to disk with fsync, HTTP to the service, base64 decoded, four files, one commit.
`python -m benchmarks.bound` runs it in a process of its own, orders and figures as in load.py.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg2
import pybase64
import urllib3

from aoi.config import ROOT
from benchmarks.load import BOUNDARY, Outcome, body_of

PICTURES = (b"combined_image", b"mask_image", b"overlay_image")
TABLE = "CREATE TABLE IF NOT EXISTS bound (id serial PRIMARY KEY, analysis text NOT NULL)"


@dataclass(frozen=True)
class Bound:
    """`uploads` in a row; `sync_results` waits for the result files to be on the disk too."""

    service_url: str
    database_url: str
    folder: str
    image: str
    uploads: int
    sync_results: bool


def run(bound: Bound, processes: int = 1) -> Outcome:
    """Do it in so many processes at once, `bound.uploads` in each."""
    started = time.perf_counter()
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks.bound"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for _ in range(processes)
    ]
    for process in running:
        assert process.stdin is not None
        process.stdin.write(json.dumps(asdict(bound)))
        process.stdin.close()
        process.stdin = None
    parts = [json.loads(process.communicate()[0]) for process in running]
    # Starting Python is no part of it: the longest of the loops themselves counts.
    wall = max((part["wall"] for part in parts), default=time.perf_counter() - started)
    return Outcome(list(itertools.chain(*(part["seconds"] for part in parts))), [], wall)


class _Raw:
    def __init__(self, bound: Bound) -> None:
        self._bound = bound
        self._folder = Path(bound.folder) / str(os.getpid())
        self._folder.mkdir(parents=True)
        self._image = Path(bound.image).read_bytes()
        self._body = body_of(Path(bound.image))
        self._http = urllib3.PoolManager()
        self._link = psycopg2.connect(bound.database_url)
        with self._link, self._link.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(1)")
            cursor.execute(TABLE)

    def upload(self, number: int) -> None:
        self._write(f"{number}.input", self._image, sync=True)
        answer = self._http.request(
            "POST",
            f"{self._bound.service_url}/upload",
            body=self._body,
            headers={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"},
        )
        body = answer.data
        analysis = body[: body.index(b'"combined_image"')]
        for name in PICTURES:
            start = body.index(b'"', body.index(b'"' + name + b'"') + len(name) + 2) + 1
            end = body.index(b'"', start)
            picture = pybase64.b64decode(memoryview(body)[start:end], validate=True)
            self._write(f"{number}.{name.decode()}", picture, sync=self._bound.sync_results)
        self._write(f"{number}.json", analysis, sync=self._bound.sync_results)
        with self._link, self._link.cursor() as cursor:
            cursor.execute("INSERT INTO bound (analysis) VALUES (%s)", (analysis.decode(),))

    def _write(self, name: str, data: bytes, sync: bool) -> None:
        handle = os.open(self._folder / name, os.O_WRONLY | os.O_CREAT, 0o644)
        try:
            os.write(handle, data)
            if sync:
                os.fsync(handle)
        finally:
            os.close(handle)


def main() -> None:
    bound = Bound(**json.load(sys.stdin))
    raw = _Raw(bound)
    raw.upload(0)
    seconds = []
    began = time.perf_counter()
    for number in range(1, bound.uploads + 1):
        started = time.perf_counter()
        raw.upload(number)
        seconds.append(time.perf_counter() - started)
    json.dump(asdict(Outcome(seconds, [], time.perf_counter() - began)), sys.stdout)


if __name__ == "__main__":
    main()

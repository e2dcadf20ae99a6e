"""A seeded database, served, and questions to it."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg2
import requests

from aoi.config import ROOT

CLASSES = ("PI_Particle", "PR_Peeling", "Copper_Nodule", "Env_Particle")

Question = tuple[str, dict[str, Any]]


class Plant:
    """A seeded database, served; draws questions that have to do with what is in it."""

    def __init__(self, folder: Path, images: int, dice: random.Random) -> None:
        self.folder, self.images, self.dice = folder, images, dice
        self.environment = {**os.environ, "DATA_DIR": str(folder), "LOG_DIR": str(folder / "logs"),
                            "LOG_LEVEL": "WARNING", "SECRET_KEY": "benchmark"}  # fmt: skip
        self.ids: list[str] = []
        self.batches: list[str] = []

    def fill(self, url: str) -> None:
        """Migrate and seed the database, unless it is there from an earlier run."""
        self.environment["DATABASE_URL"] = url
        self.flask("db", "upgrade")
        if not self.ask("SELECT count(*) FROM images")[0][0]:
            started = time.monotonic()
            self.flask("seed", "--images", str(self.images), "--seed", "1", "--with-files", "0")
            say(f"seeded {self.images:,} images in {time.monotonic() - started:.0f} s")
        self.ids = self.some("img_unique_id", "images")
        self.batches = self.some("batch_id", "batches")

    def some(self, key: str, table: str) -> list[str]:
        statement = f"SELECT {key} FROM {table} ORDER BY random() LIMIT 500"
        return [row[0] for row in self.ask(statement)]

    def flask(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "flask", "--app", "wsgi", *arguments]
        subprocess.run(
            command, env=self.environment, cwd=ROOT, check=True, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def ask(self, statement: str) -> list[Any]:
        with closing(psycopg2.connect(self.environment["DATABASE_URL"])) as link:
            with link.cursor() as cursor:
                cursor.execute(statement)
                return list(cursor.fetchall())

    @contextmanager
    def served(self) -> Iterator[str]:
        """Serve it by gunicorn; yield the address."""
        with closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [sys.executable, "-m", "gunicorn", "wsgi:app", "-b", f"127.0.0.1:{port}"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = subprocess.Popen(command, env=self.environment, cwd=ROOT, **quiet)
        url = f"http://127.0.0.1:{port}"
        try:
            wait_for(f"{url}/images")
            yield url
        finally:
            process.terminate()
            process.wait()

    def day(self) -> datetime:
        return datetime.now(UTC) - timedelta(days=self.dice.uniform(0, 360))

    def days(self, longest: float = 60) -> dict[str, str]:
        start = self.day()
        end = start + timedelta(days=self.dice.uniform(0.1, longest))
        return {"start_date": start.isoformat(), "end_date": end.isoformat()}

    def month(self) -> dict[str, str]:
        start = self.day()
        end = start + timedelta(days=30)
        return {"start_date": f"{start:%Y-%m-%d}", "end_date": f"{end:%Y-%m-%d}"}

    def defects(self) -> dict[str, int]:
        low = self.dice.randrange(0, 40)
        return {"min_defects": low, "max_defects": low + self.dice.randrange(0, 40)}

    def two_filters(self) -> dict[str, Any]:
        kinds: list[dict[str, Any]] = [
            {"class_name": self.dice.choice(CLASSES)},
            self.days(300),
            {"batch_id": self.dice.choice(self.batches)},
            {"min_area": self.dice.randrange(1, 2000)},
            {"max_circularity": round(self.dice.random(), 3)},
            {"min_aspect_ratio": round(self.dice.uniform(1, 3), 2)},
        ]
        first, second = self.dice.sample(kinds, 2)
        return {**first, **second}

    def name(self) -> str:
        number = f"{self.dice.randrange(10**6):06d}"
        return self.dice.choice([number, number[:3], number[-2:], "PANEL", f"-{number[:4]}"])

    def questions(self) -> dict[str, Callable[[], Question]]:
        choose = self.dice.choice
        some = lambda: {"page": self.dice.randrange(1, 20)}  # noqa: E731
        return {
            "live": lambda: ("/health/live", {}),
            "images": lambda: ("/images", some()),
            "images by date": lambda: ("/images", self.days()),
            "images by class": lambda: ("/images", {"class_name": choose(CLASSES), **some()}),
            "images by batch": lambda: ("/images", {"batch_id": choose(self.batches)}),
            "images by defects": lambda: ("/images", self.defects()),
            "images, most defects": lambda: ("/images", {"order": "-total_defects", **some()}),
            "images by part of a name": lambda: ("/images", {"filename": self.name()}),
            "one image": lambda: (f"/images/{choose(self.ids)}", {}),
            "its classes": lambda: (f"/images/{choose(self.ids)}/classes", {}),
            "its regions": lambda: (f"/images/{choose(self.ids)}/regions", {}),
            "defects": lambda: ("/query/defects", some()),
            "defects by two filters": lambda: ("/query/defects", self.two_filters()),
            "stats": lambda: ("/stats", {}),
            "daily of a year": lambda: ("/stats/daily", {}),
            "pareto of a month": lambda: ("/stats/pareto", self.month()),
            "heatmap of a month": lambda: ("/stats/heatmap", self.month()),
            "uploads": lambda: ("/uploads", some()),
            "uploads, failed": lambda: ("/uploads", {"status": "failed"}),
            "batches": lambda: ("/batches", some()),
        }


def wait_for(address: str, patience: float = 600) -> None:
    deadline = time.monotonic() + patience
    while True:
        try:
            if requests.get(address, timeout=60).ok:
                return
        except requests.ConnectionError:
            pass
        if time.monotonic() > deadline:
            raise RuntimeError(f"{address} does not answer")
        time.sleep(0.2)


def say(line: str) -> None:
    print(line, flush=True)

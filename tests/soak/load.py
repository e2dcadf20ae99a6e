"""Steady work for the product: images alone and in batches, questions, downloads, deletions."""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections import Counter, deque
from collections.abc import Callable

import requests

QUESTIONS = ("/stats", "/images?limit=50", "/batches", "/uploads?status=failed", "/health", "/")
LARGEST_BATCH = 12
KEPT = 40  # batches and single images each, so that neither disk nor tables grow


class Load:
    """Clients that together send about `rate` images a second until told to stop."""

    def __init__(self, url: str, images: list[bytes], rate: float, seed: int) -> None:
        self._url, self._images, self._rate = url, images, rate
        self._dice = random.Random(seed)
        self._numbers = itertools.count()
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._batches: deque[str] = deque()
        self._singles: deque[str] = deque()
        self._threads = [
            threading.Thread(target=self._repeat, args=(work, pause), daemon=True)
            for work, pause in (
                (self._single, 4 / rate),
                (self._single, 4 / rate),
                (self._batch, LARGEST_BATCH / rate),
                (self._ask, 1 / rate),
                (self._tidy, 1.0),
            )
        ]
        self.counts: Counter[str] = Counter()

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _repeat(self, work: Callable[[requests.Session], None], pause: float) -> None:
        session = requests.Session()
        session.trust_env = False
        with session:
            while not self._stop.is_set():
                began = time.monotonic()
                try:
                    work(session)
                except (requests.RequestException, KeyError) as err:
                    self._count(type(err).__name__)
                self._stop.wait(max(0.0, pause - (time.monotonic() - began)))

    def _single(self, session: requests.Session) -> None:
        prefer = {"Prefer": "respond-async"} if next(self._numbers) % 3 == 0 else {}
        files = {"image": ("panel.jpg", self._picture())}
        answer = session.post(f"{self._url}/upload", files=files, headers=prefer, timeout=60)
        self._count(f"POST /upload {answer.status_code}")
        body = answer.json()
        if "img_unique_id" in body:
            self._singles.append(body["img_unique_id"])
        if answer.status_code == 200:
            for url in (*body["images"].values(), body["json_url"]):
                with session.get(url, timeout=30, stream=True) as download:
                    for _ in download.iter_content(1 << 16):
                        pass
            self._count("results downloaded")

    def _batch(self, session: requests.Session) -> None:
        count = self._dice.randint(1, LARGEST_BATCH)
        files = [("images", (f"{number}.jpg", self._picture())) for number in range(count)]
        files.append(("images", ("broken.jpg", b"no picture")))
        wait = self._dice.choice((0, 5))
        answer = session.post(f"{self._url}/upload/batch?wait={wait}", files=files, timeout=60)
        self._count(f"POST /upload/batch {answer.status_code}")
        self._count("images in batches", count)
        self._batches.append(answer.json()["batch_id"])

    def _ask(self, session: requests.Session) -> None:
        path = self._dice.choice(QUESTIONS)
        if self._batches and self._dice.random() < 0.3:
            path = f"/batches/{self._batches[-1]}"
        answer = session.get(f"{self._url}{path}", timeout=30)
        self._count(f"GET {answer.status_code}")

    def _tidy(self, session: requests.Session) -> None:
        """Delete the oldest; what is still being inspected is tried again later."""
        for kept, path in ((self._batches, "batches"), (self._singles, "uploads")):
            while len(kept) > KEPT:
                unique_id = kept.popleft()
                answer = session.delete(f"{self._url}/{path}/{unique_id}", timeout=30)
                self._count(f"DELETE {answer.status_code}")
                if answer.status_code == 409:
                    kept.append(unique_id)
                    break

    def _picture(self) -> bytes:
        return self._images[next(self._numbers) % len(self._images)]

    def _count(self, what: str, number: int = 1) -> None:
        with self._lock:
            self.counts[what] += number

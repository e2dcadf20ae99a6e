"""Threads that no address takes all of."""

from __future__ import annotations

from concurrent.futures import Future
from threading import Event
from typing import Any

from aoi.config import HELD_UPLOADS
from aoi.serving.bodies import BodyThreads


def test_one_address_leaves_threads_to_others() -> None:
    threads = BodyThreads(HELD_UPLOADS + 4)
    go, ended = Event(), []

    def note(future: Future[Any]) -> None:
        ended.append(future)

    for _ in range(threads.count + 5):
        threads.submit("10.0.0.66", lambda: go.wait(60), note)
    assert threads.is_short()
    other = Event()
    threads.submit("10.0.0.1", other.set, note)
    assert other.wait(60)
    go.set()
    while threads.is_short():
        threads.finish("10.0.0.66")
    threads.shutdown(wait=True)
    assert len(ended) == threads.count + 6

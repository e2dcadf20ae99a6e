"""Wait for uploads to end: PostgreSQL's NOTIFY wakes the waiter, a slow poll is the net."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from select import POLLIN, poll
from weakref import WeakSet

import psycopg2
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT, connection
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from aoi.extensions import db
from aoi.models import Upload

log = logging.getLogger(__name__)

CHANNEL = "aoi_upload_ended"
POLL_SECONDS = 1.0
RECONNECT_SECONDS = 1.0

_all: WeakSet[Waiting] = WeakSet()


def release_all() -> None:
    """End every wait of this process, and all later ones: it is about to stop."""
    for waiting in _all:
        waiting.release()


def notify_ended(upload: Upload) -> None:
    """Wake who waits for an upload or its batch, when and only if the transaction commits."""
    keys = filter(None, (upload.img_unique_id, upload.batch_id))
    db.session.execute(select(*(func.pg_notify(CHANNEL, key) for key in keys)))


class Waiting:
    """The waits of one process: one listening connection, at most `capacity` waiters."""

    def __init__(self, url: str, capacity: int) -> None:
        self._url = url
        self._room = threading.BoundedSemaphore(capacity)
        self._lock = threading.Lock()
        self._events: dict[str, set[threading.Event]] = {}
        self._listener: threading.Thread | None = None
        self._released = threading.Event()
        self._lost = False
        _all.add(self)

    def release(self) -> None:
        """End every wait, all later ones, and the listening."""
        self._released.set()

    @contextmanager
    def _place(self) -> Iterator[bool]:
        """Take a place among the waiters; False if all are taken."""
        taken = self._room.acquire(blocking=False)
        try:
            yield taken
        finally:
            if taken:
                self._room.release()

    def wait(
        self, key: str, seconds: float, has_ended: Callable[[], bool], pause: float = 0
    ) -> bool:
        """Return True once `has_ended`, False after `seconds`, when all places are taken, or at
        the process's stop.

        `key` is what NOTIFY names; `has_ended` asks the database. The database may go away
        meanwhile: what was taken in is safe all the same. `pause` is waited after each
        notification: what is notified often, as a batch is, is not asked for every time.
        """
        with self._place() as taken:
            return taken and self._wait(key, seconds, lambda: _asked(key, has_ended), pause)

    def _wait(self, key: str, seconds: float, has_ended: Callable[[], bool], pause: float) -> bool:
        event = threading.Event()
        self._listen()
        with self._lock:
            self._events.setdefault(key, set()).add(event)
        try:
            deadline = time.monotonic() + seconds
            # Asked once before waiting: it may have ended before the event was in place.
            while not has_ended():
                # Asking may itself take long, while the database is away.
                remaining = deadline - time.monotonic()
                if remaining <= 0 or self._released.is_set():
                    return False
                # Short steps, so that release is heard also without a notification.
                event.wait(min(POLL_SECONDS, remaining))
                if pause:
                    self._released.wait(pause)
                event.clear()
            return True
        finally:
            with self._lock:
                waiters = self._events[key]
                waiters.discard(event)
                if not waiters:
                    del self._events[key]

    def _listen(self) -> None:
        # Started with the first wait, so that it lives in the process that waits, after any fork.
        with self._lock:
            if self._listener is None or not self._listener.is_alive():
                self._listener = threading.Thread(
                    target=self._run, name="aoi-listener", daemon=True
                )
                self._listener.start()

    def _run(self) -> None:
        while not self._released.is_set():
            try:
                self._follow()
            except (psycopg2.Error, OSError) as err:
                if not self._lost:
                    log.warning("lost the listening connection: %s", str(err).strip())
                self._lost = True
                self._released.wait(RECONNECT_SECONDS)

    def _follow(self) -> None:
        link: connection = psycopg2.connect(self._url, connect_timeout=5)
        try:
            link.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
            with link.cursor() as cursor:
                cursor.execute(f"LISTEN {CHANNEL}")
            self._lost = False
            self._wake_all()  # what ended while nobody listened
            readable = poll()
            readable.register(link.fileno(), POLLIN)
            while not self._released.is_set():
                if readable.poll(1000 * POLL_SECONDS):
                    link.poll()
                    while link.notifies:
                        self._wake(link.notifies.pop(0).payload)
        finally:
            with suppress(psycopg2.Error):
                link.close()

    def _wake(self, key: str) -> None:
        with self._lock:
            for event in self._events.get(key, ()):
                event.set()

    def _wake_all(self) -> None:
        with self._lock:
            for waiters in self._events.values():
                for event in waiters:
                    event.set()


def _asked(key: str, has_ended: Callable[[], bool]) -> bool:
    try:
        return has_ended()
    except SQLAlchemyError as err:
        log.warning("cannot ask how far %s is: %s", key, str(err).splitlines()[0])
        return False
    finally:
        # Nothing of the pool is held while waiting.
        db.session.close()

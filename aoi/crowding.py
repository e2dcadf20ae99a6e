"""How many uploads may wait for their inspection."""

from __future__ import annotations

from threading import Lock
from time import monotonic

from sqlalchemy import func, select

from aoi.exceptions import QueueFull
from aoi.extensions import db
from aoi.models import Status, Upload

# How old the count may be: counting a long queue for every upload would cost more than it saves.
COUNT_SECONDS = 1.0


class Crowding:
    """The uploads that wait, counted anew every second at most."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = Lock()
        self._waiting = 0
        self._counted = float("-inf")

    def require_place(self) -> None:
        """Raise QueueFull while as many uploads wait as may."""
        # One counts at a time; the others go by the count before.
        if monotonic() > self._counted + COUNT_SECONDS and self._lock.acquire(blocking=False):
            try:
                query = select(func.count()).where(Upload.status == Status.QUEUED)
                self._waiting = db.session.scalar(query) or 0
                self._counted = monotonic()
            finally:
                self._lock.release()
        if self._waiting >= self._most:
            raise QueueFull

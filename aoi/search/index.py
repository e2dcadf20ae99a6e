"""The index of one process: follows the log of changes, and keeps the files up with it."""

from __future__ import annotations

import fcntl
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import current_app
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from aoi.exceptions import IndexBuilding
from aoi.search import changes, files, loading
from aoi.search.changes import Moment
from aoi.search.names import Names
from aoi.search.part import Part
from aoi.search.segment import Segment, empty, joined
from aoi.search.view import View

log = logging.getLogger(__name__)

# So many changes are followed in memory before files are written anew: at least, and as a share.
LEAST_RECENT = 5000
RECENT_SHARE = 0.02
PIECE = 20_000
# How long a request waits for an index that is made from nothing, seconds.
PATIENCE = 20
# And how long after a failure it is left alone.
PAUSE = 30


@dataclass(frozen=True)
class State:
    """What a process knows: the view, the moment that it shows, and that of the files."""

    epoch: str
    version: int
    base_version: int
    view: View

    def shows(self, moment: Moment) -> bool:
        """Tell whether it shows all that there was at a moment."""
        return self.epoch == moment.epoch and self.version >= moment.version

    def leads_to(self, moment: Moment) -> bool:
        """Tell whether the log holds all that has changed since."""
        return self.epoch == moment.epoch and self.version >= moment.cleared

    @property
    def pending(self) -> int:
        """How many changes the files do not hold: images, or entries of the log.

        Images that came and went are in the log alone, which is cleared with new files only.
        """
        images = self.view.base.gone + len(self.view.recent.segment)
        return max(images, self.version - self.base_version)


class Index:
    """Answers with a view that holds all that was committed before the question."""

    def __init__(self, folder: Path, engine: Engine) -> None:
        self._folder = folder
        self._engine = engine
        self._state: State | None = None
        self._lock = threading.Lock()
        self._work: threading.Thread | None = None
        self._work_lock = threading.Lock()
        self._not_before = 0.0
        self._names = Names()

    def view(self) -> View:
        """Return what is committed now; raise IndexBuilding while it is made anew."""
        with self._reading() as connection:
            moment = changes.moment_of(connection)
            state = self._state
            if state is None or not state.shows(moment):
                with self._lock:
                    state = self._state = self._caught_up(connection, moment)
        if state is None:
            self._begin(self._build, "building")
            return self._built()
        if state.pending > max(LEAST_RECENT, RECENT_SHARE * len(state.view.base.segment)):
            self._begin(self._rewrite, "rewriting")
        return state.view

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """Give a connection that sees one moment all along."""
        with self._engine.connect() as connection:
            yield connection.execution_options(isolation_level="REPEATABLE READ")

    def _caught_up(self, connection: Connection, moment: Moment) -> State | None:
        """Return the state at a moment, or a later one; None if the index has to be built."""
        state = self._state
        if state is not None and state.shows(moment):
            return state
        if state is None or not state.leads_to(moment):
            state = self._opened(connection, moment)
        if state is None or state.shows(moment):
            return state
        return self._followed(connection, state, moment)

    def _opened(self, connection: Connection, moment: Moment) -> State | None:
        """Return the state of the newest files, or that of a few images without files."""
        count = changes.count_images(connection)
        stored = files.newest(self._folder, moment.epoch)
        if stored is not None:
            state = self._state_of(stored)
            if state.shows(moment):
                return state
            if state.leads_to(moment):
                state = self._followed(connection, state, moment)
                if len(state.view) == count:
                    return state
                log.warning("the search index does not agree with the database; it is made anew")
        if count > LEAST_RECENT:
            return None
        classes = loading.add_classes(connection, ())
        recent = joined([empty(), *loading.load_all(connection, classes)])
        view = View(self._part(empty()), self._part(recent), ()).with_classes(classes)
        return State(moment.epoch, moment.version, 0, view)

    def _followed(self, connection: Connection, state: State, moment: Moment) -> State:
        """Return the state after the changes up to a moment."""
        ids = changes.between(connection, state.version, moment.version)
        classes = loading.add_classes(connection, state.view.classes)
        kept = state.view.recent.without(ids).alive_ones()
        recent = joined([kept, *loading.load(connection, ids, classes)])
        view = View(state.view.base.without(ids), self._part(recent), ()).with_classes(classes)
        return State(moment.epoch, moment.version, state.base_version, view)

    def _state_of(self, stored: files.Stored) -> State:
        view = View(self._part(stored.segment), self._part(empty()), ())
        return State(
            stored.epoch, stored.version, stored.version, view.with_classes(stored.classes)
        )

    def _part(self, segment: Segment) -> Part:
        return Part(segment, (), None, None, self._names.find)

    def _begin(self, work: Callable[[], None], what: str) -> None:
        """Do something at length beside the requests, one thing at a time."""
        with self._work_lock:
            if self._work is not None and self._work.is_alive():
                return
            if time.monotonic() < self._not_before:
                return
            self._work = threading.Thread(
                target=self._try, args=(work, what), name=f"index-{what}", daemon=True
            )
            self._work.start()

    def _try(self, work: Callable[[], None], what: str) -> None:
        try:
            work()
        except (OSError, SQLAlchemyError) as err:
            # A full disk, or a database that is away: asked again, it is tried again.
            self._not_before = time.monotonic() + PAUSE
            log.error("%s the search index failed: %s", what, err)

    def _built(self) -> View:
        """Wait a while for the building to end."""
        work = self._work
        if work is not None:
            work.join(PATIENCE)
        state = self._state
        if state is None:
            raise IndexBuilding()
        return state.view

    def _build(self) -> None:
        """Write the files from the database, unless another process has just done so."""
        started = time.monotonic()
        with self._alone(), self._reading() as connection:
            moment = changes.moment_of(connection)
            with self._lock:
                self._state = self._caught_up(connection, moment)
            if self._state is not None:
                return
            classes = loading.add_classes(connection, ())
            pieces = loading.load_all(connection, classes)
            stored = files.write(self._folder, *moment[:2], classes, pieces)
            with self._lock:
                self._state = self._state_of(stored)
        changes.clear(self._engine, stored.epoch, stored.version)
        log.info("built the search index in %.0f s", time.monotonic() - started)

    def _rewrite(self) -> None:
        """Write files that hold the recent part as well, unless another process does."""
        with self._alone(wait=False) as alone, self._reading() as connection:
            state = self._state
            if not alone or state is None:
                return
            stored = files.newest(self._folder, state.epoch)
            if stored is None or stored.version <= state.base_version:
                pieces = state.view.pieces(PIECE)
                stored = files.write(
                    self._folder, state.epoch, state.version, state.view.classes, pieces
                )
                changes.clear(self._engine, stored.epoch, stored.version)
            with self._lock:
                self._state = self._state_of(stored)
                self._names.clear()
                self._state = self._caught_up(connection, changes.moment_of(connection))

    @contextmanager
    def _alone(self, wait: bool = True) -> Iterator[bool]:
        """Hold the lock of the files against other processes; tell whether it is held."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder.with_suffix(".lock")
        with path.open("wb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                yield False
                return
            yield True


def current_index() -> Index:
    """Return the application's index."""
    index: Index = current_app.extensions["aoi_index"]
    return index

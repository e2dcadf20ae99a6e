"""The whole product: database, migrations, SegFormer service, web server, worker."""

from __future__ import annotations

import dataclasses
import os
import sys
import time
from types import TracebackType
from typing import IO, Self

from aoi import processes
from aoi.access.opening import check_opening
from aoi.backup.mark import refuse_half_restored
from aoi.cluster import EmbeddedError
from aoi.config import ROOT, Settings
from aoi.embedded import EmbeddedPostgres, lock_data_dir
from aoi.launcher import network
from aoi.launcher.child import Child
from aoi.launcher.console import complain, say
from aoi.launcher.database import is_migrated
from aoi.launcher.failure import StartFailed
from aoi.launcher.leftovers import end_leftovers, mark
from aoi.launcher.signals import StopSignals
from aoi.launcher.verifying import Verifying
from aoi.patience import connections_needed, longest_work

TICK = 0.1
READY_SECONDS = 120.0
MODEL_SECONDS = 30.0
EARLY_DEATHS = 3
SERVICE_SECONDS = 10.0  # without web and worker the bundled service has nothing in hand
TRIM_SECONDS = 60.0


class Product:
    """All processes of the product, from the first start to the last stop."""

    def __init__(self, settings: Settings, signals: StopSignals) -> None:
        self._settings = settings
        self._signals = signals
        self._port = settings.port or network.free_port()
        self._service_port: int | None = None
        self._lock: IO[str] | None = None
        self._postgres: EmbeddedPostgres | None = None
        self._children: dict[str, Child] = {}
        self._verifying: Verifying | None = None
        self._trimmed = time.monotonic()
        self._env = os.environ | {
            "DATA_DIR": str(settings.data_dir),
            "LOG_DIR": str(settings.log_dir),
            "PORT": str(self._port),
            "PYTHONUNBUFFERED": "1",
        }
        self._env |= mark(settings.data_dir)

    def start(self) -> None:
        """Start every part and wait until `/health` answers; return early when told to stop."""
        try:
            self._start()
        except (StartFailed, EmbeddedError):
            if not self._signals.stop:
                raise

    def _start(self) -> None:
        settings = self._settings
        settings.log_dir.mkdir(parents=True, exist_ok=True)
        self._lock = lock_data_dir(settings.data_dir)
        refuse_half_restored(settings.data_dir)
        if ended := end_leftovers(settings.data_dir):
            say(f"Ended what a killed start had left running (processes: {ended}).")
        network.check_bindable(settings.host, self._port)
        if settings.segformer_service_url is None:
            self._start_service()
        url = settings.libpq_url if settings.database_url else self._start_postgres()
        self._env["DATABASE_URL"] = url
        if not is_migrated(url):
            self._migrate()
        if self._signals.stop:
            return
        check_opening(settings.host, dataclasses.replace(settings, database_url=url))
        say(f"Starting the web server and the worker (logs: {settings.log_dir}) ...")
        self._add("web", "The web server", "-m", "gunicorn", "wsgi:app").start()
        self._add("worker", "The worker", "-m", "flask", "--app", "wsgi", "worker").start()
        self._wait_until_ready()
        self._wait_for_model()
        if not self._signals.stop:
            address = network.url_of(settings.host, self._port)
            say(f"AOI inference agent ready: {address}  (Ctrl-C stops it)")
            self._verifying = Verifying(self._env, settings.log_dir)
            self._verifying.begin()

    def supervise(self) -> None:
        """Start again whatever dies, until told to stop."""
        while not self._signals.stop:
            self._signals.pause(TICK)
            self._revive()

    def stop(self) -> None:
        """End everything: work in flight first, PostgreSQL last."""
        working = [child for name, child in self._children.items() if name != "segformer"]
        if "web" in self._children:
            say("Stopping when the work in hand is finished (Ctrl-C again: at once) ...")
        if self._verifying is not None:
            self._verifying.stop()
        self._end(working, longest_work(self._settings))
        # Nothing asks the bundled service any more: it may end while PostgreSQL does.
        for child in self._children.values():
            child.terminate()
        if self._postgres is not None:
            self._postgres.stop()
        self._end(list(self._children.values()), SERVICE_SECONDS)
        if self._lock is not None:
            self._lock.close()
        if "web" in self._children:
            say("Stopped.")

    def _end(self, children: list[Child], patience: float) -> None:
        for child in children:
            child.terminate()
        deadline = time.monotonic() + patience
        while any(child.running for child in children):
            if self._signals.at_once or time.monotonic() > deadline:
                break
            self._signals.pause(TICK)
            for child in children:
                if not child.running:
                    child.kill()  # what it left; later its number may be another's
        for child in children:
            child.kill()

    def _add(self, name: str, title: str, *arguments: str) -> Child:
        output = self._settings.log_dir / f"{name}.out"
        child = Child(title, [sys.executable, *arguments], self._env, ROOT, output)
        self._children[name] = child
        return child

    def _start_service(self) -> None:
        self._service_port = network.free_port()
        self._env["SEGFORMER_SERVICE_URL"] = network.url_of(network.LOOPBACK, self._service_port)
        say("Starting the bundled SegFormer service ...")
        where = ["--host", network.LOOPBACK, "--port", str(self._service_port)]
        title = "The bundled SegFormer service"
        self._add("segformer", title, "-m", "aoi.reference_service", *where).start()

    def _start_postgres(self) -> str:
        say("Starting PostgreSQL ...")
        limit = {"max_connections": str(connections_needed(self._settings))}
        self._postgres = EmbeddedPostgres(self._settings.data_dir, limit)
        return self._postgres.boot(lambda: self._signals.stop)

    def _migrate(self) -> None:
        say("Applying migrations ...")
        child = self._add("migrations", "", "-m", "flask", "--app", "wsgi", "db", "upgrade")
        child.start()
        while child.running and not self._signals.stop:
            self._signals.pause(TICK / 5)
        if child.exit_code:
            raise StartFailed(
                f"The database cannot be migrated: {child.last_words()} (see {child.output})"
            )
        if not self._signals.stop:
            del self._children["migrations"]

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not self._signals.stop and not self._ready():
            self._revive()
            for child in self._children.values():
                if child.deaths >= EARLY_DEATHS or time.monotonic() > deadline:
                    raise StartFailed(
                        f"{child.title} does not start: {child.last_words()} (see {child.output})"
                    )
            self._signals.pause(TICK)

    def _ready(self) -> bool:
        return network.health(self._settings.host, self._port) is not None and (
            self._service_port is None
            or network.health(network.LOOPBACK, self._service_port) is not None
        )

    def _wait_for_model(self) -> None:
        """Wait for the bundled service's model, but not for ever: all else works without it."""
        deadline = time.monotonic() + MODEL_SECONDS
        while self._service_port is not None and not self._signals.stop:
            service = network.health(network.LOOPBACK, self._service_port)
            if service is not None and service.get("model_loaded"):
                return
            if time.monotonic() > deadline:
                output = self._children["segformer"].output
                complain(f"The bundled SegFormer service has no model: uploads wait (see {output})")
                return
            self._revive()
            self._signals.pause(TICK)

    def _revive(self) -> None:
        if self._postgres is not None and self._postgres.died():
            complain("PostgreSQL ended; it is started again.")
            try:
                self._postgres.boot(lambda: self._signals.stop)
            except EmbeddedError as err:
                complain(str(err))
                self._signals.pause(SERVICE_SECONDS)
        for child in self._children.values():
            if news := child.check():
                complain(news)
        if self._verifying is not None and (news := self._verifying.news()):
            complain(news)
        if time.monotonic() - self._trimmed > TRIM_SECONDS:
            self._trimmed = time.monotonic()
            # app.log and error.log, which rotate, have the lines that matter.
            for output in self._settings.log_dir.glob("*.out"):
                processes.keep_small(output)
            processes.keep_small(self._settings.data_dir / "postgres.log")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

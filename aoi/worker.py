"""Run jobs, and pick up what workers that died have left."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

from flask import Flask
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Job
from procrastinate.jobs import Status as JobStatus
from procrastinate.worker import Worker
from psycopg import AsyncConnection
from psycopg import Error as PsycopgError
from sqlalchemy.exc import SQLAlchemyError

from aoi import maintenance  # noqa: F401  (registers the nightly check)
from aoi.administration import said
from aoi.config import Settings
from aoi.inspection import Inspector
from aoi.jobs import WAITED_FOR, queue, requeue_forgotten
from aoi.outage import Outage

log = logging.getLogger(__name__)

# While some threads wait for SegFormer, these prepare and store, so that no slot idles.
STORING_THREADS = 2
HEARTBEAT_SECONDS = 2.0
STALLED_SECONDS = 9.0
RECOVERY_SECONDS = 2.0
FORGOTTEN_SECONDS = 30.0
RECONNECT_SECONDS = 1.0
# Without a connection for so long, the worker begins anew when the database is back.
CONNECTION_SECONDS = 5.0
WATCH_SECONDS = 0.5
# Looking them up waits for no lock, as of a migration.
TABLES = "SELECT 'uploads'::regclass, 'procrastinate_jobs'::regclass"
# The queues that are worked on whatever happens to SegFormer.
ALWAYS = [WAITED_FOR, "maintenance"]


def run_worker(app: Flask) -> None:
    """Work until SIGTERM or SIGINT, finishing the jobs in hand; outlive a database that is away."""
    asyncio.run(_serve(app))


async def _serve(app: Flask) -> None:
    settings: Settings = app.config["AOI"]
    threads = settings.segformer_concurrency + STORING_THREADS
    loop = asyncio.get_running_loop()
    # procrastinate runs synchronous tasks here; asyncio's own default ignores the concurrency.
    loop.set_default_executor(ThreadPoolExecutor(threads, thread_name_prefix="inspect"))
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    while not stop.is_set():
        try:
            if await _database_answers(settings, stop):
                await _work(app, settings, threads, stop)
        except (ConnectorException, PsycopgError, OSError) as err:
            log.error("the worker lost the database and tries again: %s", said(err))
        if not stop.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), RECONNECT_SECONDS)


async def _database_answers(settings: Settings, stop: asyncio.Event) -> bool:
    """Wait for the database and its tables; False when told to stop meanwhile.

    A pool opened while it is away doubles the time between its tries, up to half a minute.
    """
    told = None
    while not stop.is_set():
        try:
            async with asyncio.timeout(CONNECTION_SECONDS):
                async with await AsyncConnection.connect(settings.libpq_url) as link:
                    await link.execute(TABLES)
            return True
        except (PsycopgError, OSError) as err:
            if (reason := said(err)) != told:
                log.error("the worker waits: %s", reason)
                told = reason
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), RECONNECT_SECONDS)
    return False


async def _work(app: Flask, settings: Settings, threads: int, stop: asyncio.Event) -> None:
    connector = PsycopgConnector(
        conninfo=settings.libpq_url,
        min_size=2,
        max_size=threads + 4,
        timeout=CONNECTION_SECONDS,
    )
    # The web side's connector is SQLAlchemy's; a worker needs an asynchronous one.
    async with queue.with_connector(connector).open_async() as working:
        with _scheduled_by(working):
            await _work_with(working, app, threads, stop)


@contextmanager
def _scheduled_by(working: App) -> Iterator[None]:
    """Let what is due by the clock be queued through `working`.

    Its tasks know the app they were made with, whose connector cannot: that ends the worker.
    """
    tasks = [periodic.task for periodic in working.periodic_registry.periodic_tasks.values()]
    for task in tasks:
        task.blueprint = working
    try:
        yield
    finally:
        for task in tasks:
            task.blueprint = queue


async def _work_with(working: App, app: Flask, threads: int, stop: asyncio.Event) -> None:
    worker = Worker(
        working,
        concurrency=threads,
        install_signal_handlers=False,
        fetch_job_polling_interval=1.0,
        abort_job_polling_interval=60.0,
        update_heartbeat_interval=HEARTBEAT_SECONDS,
        stalled_worker_timeout=STALLED_SECONDS,
        # The upload's row tells how it ended; a finished job tells nothing more.
        delete_jobs="always",
        task_middleware=[_in_context_of(app)],
    )
    runner = asyncio.create_task(worker.run())  # type: ignore[no-untyped-call]
    recovery = asyncio.create_task(_recover(app, working, worker))
    watching = asyncio.create_task(_watch(app, worker))
    stopping = asyncio.create_task(stop.wait())
    log.info("worker started with %d threads", threads)
    await asyncio.wait({runner, recovery, watching, stopping}, return_when=asyncio.FIRST_COMPLETED)
    worker.stop()  # type: ignore[no-untyped-call]
    # procrastinate's own heartbeat ends here, but the jobs in hand must not look dead.
    beating = asyncio.create_task(_beat(worker, working))
    try:
        await runner
    finally:
        for task in (recovery, watching, stopping, beating):
            task.cancel()
        ended = await asyncio.gather(recovery, watching, beating, return_exceptions=True)
    for error in ended:
        if isinstance(error, Exception):
            raise error


async def _beat(worker: Worker, working: App) -> None:
    while worker.worker_id is not None:
        await working.job_manager.update_heartbeat(worker.worker_id)
        await asyncio.sleep(HEARTBEAT_SECONDS)


def _in_context_of(app: Flask) -> Callable[..., Any]:
    def middleware(call_next: Callable[[], Any], *_: Any) -> Any:
        with app.app_context():
            return call_next()

    return middleware


async def _watch(app: Flask, worker: Worker) -> None:
    """Leave the background queue alone while SegFormer is away or the disk is full."""
    inspector: Inspector = app.extensions["aoi_inspector"]
    # A thread of its own: those of the jobs may all be waiting for SegFormer.
    with ThreadPoolExecutor(1, thread_name_prefix="watch") as own:
        while True:
            outage = await asyncio.get_running_loop().run_in_executor(own, _refresh, app)
            paused = outage is not None or not inspector.storage.has_room()
            worker.queues = ALWAYS if paused else None
            await asyncio.sleep(WATCH_SECONDS)


def _refresh(app: Flask) -> Outage | None:
    inspector: Inspector = app.extensions["aoi_inspector"]
    with app.app_context(), suppress(SQLAlchemyError):
        return inspector.watch.refresh()
    return inspector.watch.outage


async def _recover(app: Flask, working: App, worker: Worker) -> None:
    """Queue again the jobs of dead workers, and uploads that have no job."""
    passed = FORGOTTEN_SECONDS
    while True:
        stalled = await working.job_manager.get_stalled_jobs(
            seconds_since_heartbeat=STALLED_SECONDS
        )
        for job in stalled:
            if job.worker_id == worker.worker_id:
                continue  # its own heartbeat is late, on a busy machine: the jobs are in hand
            await _queue_again(working, job)
        if passed >= FORGOTTEN_SECONDS:
            passed = 0.0
            with suppress(SQLAlchemyError):
                await asyncio.to_thread(_requeue_forgotten, app)
        await asyncio.sleep(RECOVERY_SECONDS)
        passed += RECOVERY_SECONDS


async def _queue_again(working: App, job: Job) -> None:
    log.warning("job %s of a dead worker is queued again", job.id)
    try:
        await working.job_manager.retry_job(job)
    except UniqueViolation:
        # Its upload was retried meanwhile: the newer job is enough.
        await working.job_manager.finish_job(job, JobStatus.FAILED, delete_job=True)
    except ConnectorException as err:
        # Another worker was quicker, or the database is away: the next look tells.
        log.info("job %s is left as it is: %s", job.id, err)


def _requeue_forgotten(app: Flask) -> None:
    with app.app_context():
        if count := requeue_forgotten():
            log.warning("%d uploads had no job and are queued again", count)

from __future__ import annotations

import asyncio
import json
import logging
import threading
from dataclasses import fields
from typing import Any

import psutil
import pytest
from flask import Flask
from flask.testing import FlaskClient
from procrastinate import PsycopgConnector
from procrastinate.periodic import PeriodicRegistry

from aoi import maintenance
from aoi.config import Settings
from aoi.jobs import queue
from tests.sending import queued, rows, until
from tests.stub import StubService
from tests.verification.conftest import Plant, plant
from tests.workers import WorkerThread

__all__ = ["plant"]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, settings: Settings, app: Flask) -> Settings:
    """The environment of the test's settings, as a worker has its own."""
    for item in fields(Settings):
        monkeypatch.delenv(item.name.upper(), raising=False)
    monkeypatch.setenv("DATABASE_URL", settings.database_url or "")
    monkeypatch.setenv("DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("LOG_DIR", str(settings.log_dir))
    return settings


def summaries(settings: Settings) -> list[dict[str, object]]:
    lines = (settings.log_dir / "app.log").read_text().splitlines()
    found = (json.loads(line).get("verification") for line in lines)
    return [each for each in found if each]


def test_reads_all_files_but_mends_only_what_the_quick_form_finds(
    plant: Plant, environment: Settings
) -> None:
    lost, damaged = plant.done(), plant.done()
    plant.storage.thumbnail_path(lost).unlink()
    plant.result(damaged).write_bytes(plant.result(damaged).read_bytes()[:-30])
    asyncio.run(maintenance.run_checks())
    quick, full = summaries(environment)
    assert (quick["form"], quick["repair"], quick["all_right"]) == ("quick", True, True)
    assert (full["form"], full["repair"], full["all_right"]) == ("full", False, False)
    assert plant.storage.thumbnail_path(lost).exists()
    assert plant.upload(damaged).status == "done"


def test_is_due_every_night_as_maintenance() -> None:
    [periodic] = [
        each
        for each in queue.periodic_registry.periodic_tasks.values()
        if each.task.name == "verify"
    ]
    assert periodic.cron == "17 3 * * *"
    assert (periodic.task.queue, periodic.task.queueing_lock) == ("maintenance", "verify")


def test_takes_no_time_of_the_worker_and_ends_with_it(
    plant: Plant, environment: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    async def night() -> list[psutil.Process]:
        others = psutil.Process().children()
        # Had it waited for the check, no child would be left to be found.
        await maintenance.verify_nightly.func(timestamp=0)
        async with asyncio.timeout(120):
            while not (children := [c for c in psutil.Process().children() if c not in others]):
                await asyncio.sleep(0.02)
        with caplog.at_level(logging.WARNING, "aoi.maintenance"):
            await maintenance.verify_nightly.func(timestamp=1)
        return children

    [child] = asyncio.run(night())
    assert "still runs" in caplog.text
    assert not child.is_running()


def test_a_worker_begins_it(
    app: Flask, environment: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = []

    async def run_checks() -> None:
        begun.append(True)

    async def work() -> None:
        connector = PsycopgConnector(conninfo=environment.libpq_url)
        async with queue.with_connector(connector).open_async() as working:
            await working.run_worker_async(wait=False, listen_notify=False)

    # Nothing else is due, whatever the time is.
    monkeypatch.setattr(queue, "periodic_registry", PeriodicRegistry())
    monkeypatch.setattr(maintenance, "run_checks", run_checks)
    maintenance.verify_nightly.defer(timestamp=0)
    asyncio.run(work())
    assert begun == [True]


def test_tells_of_a_check_that_cannot_run(
    environment: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(maintenance, "NIGHTLY_RUNS", (("--no-such-option",),))
    asyncio.run(maintenance.run_checks())
    assert "ended with code 2" in caplog.text


def test_what_is_due_by_the_clock_runs_and_the_worker_goes_on(
    app: Flask, client: FlaskClient, stub: StubService, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = threading.Event()

    async def prune() -> None:
        begun.set()

    every_second = PeriodicRegistry()
    every_second.register_task(maintenance.prune_nightly, "* * * * * *", "", {})
    monkeypatch.setattr(queue, "periodic_registry", every_second)
    monkeypatch.setattr(maintenance, "run_prune", prune)
    with WorkerThread(app, monkeypatch):
        assert begun.wait(20)
        unique_id = queued(client)
        until(lambda: rows(app)["images"] == 1)
    answer: Any = client.get(f"/uploads/{unique_id}").json
    assert answer["status"] == "done"

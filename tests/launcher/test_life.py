"""From nothing configured to a stored inspection, and to no process left."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.launcher.conftest import Make
from tests.launcher.running import until
from tests.stub import StubService

# Minutes are for machines that are busy; a quiet one needs seconds.
pytestmark = [pytest.mark.launcher, pytest.mark.timeout(300)]


def test_with_nothing_configured_an_upload_is_inspected(make: Make, tmp_path: Path) -> None:
    product = make(tmp_path)
    product.start()
    assert product.upload()["status"] == "done"
    assert product.stop(signal.SIGINT) == 0
    assert product.processes() == []
    assert product.text().endswith("Stopped.\n")


def test_a_stop_finishes_the_work_in_hand(make: Make, stub: StubService) -> None:
    product = make(SEGFORMER_SERVICE_URL=stub.url)
    product.start()
    stub.hold()
    upload = product.upload(wait=False)
    until(lambda: product.state_of(upload)["status"] == "processing")
    product.send(signal.SIGTERM)
    until(lambda: "Stopping" in product.text())
    stub.release()
    assert product.ended_with() == 0
    assert product.processes() == []
    product.start()
    state = product.state_of(upload)
    assert (state["status"], state["attempts"]) == ("done", 1)


def test_a_second_signal_ends_it_at_once(make: Make, stub: StubService) -> None:
    product = make(SEGFORMER_SERVICE_URL=stub.url)
    product.start()
    stub.set_latency(60)
    upload = product.upload(wait=False)
    until(lambda: product.state_of(upload)["status"] == "processing")
    product.send(signal.SIGINT)
    until(lambda: "Ctrl-C again" in product.text())
    assert product.stop(signal.SIGINT) == 0
    assert product.processes() == []


def test_a_killed_launcher_is_healed_by_the_next_start(make: Make, stub: StubService) -> None:
    product = make(SEGFORMER_SERVICE_URL=stub.url)
    product.start()
    stub.set_latency(20)
    upload = product.upload(wait=False)
    until(lambda: product.state_of(upload)["status"] == "processing")
    product.kill()
    stub.set_latency(0)
    product.start()
    until(lambda: product.state_of(upload)["status"] == "done")


def test_a_kill_of_everything_is_healed_by_the_next_start(make: Make, stub: StubService) -> None:
    product = make(SEGFORMER_SERVICE_URL=stub.url)
    product.start()
    stub.set_latency(20)
    upload = product.upload(wait=False)
    until(lambda: product.state_of(upload)["status"] == "processing")
    for process in product.processes():
        process.kill()
    product.kill()
    stub.set_latency(0)
    product.start()
    until(lambda: product.state_of(upload)["status"] == "done")


def test_a_stop_during_the_start_leaves_nothing(make: Make) -> None:
    product = make()
    product.begin()
    until(lambda: "Starting PostgreSQL" in product.text())
    assert product.stop() == 0
    assert product.processes() == []

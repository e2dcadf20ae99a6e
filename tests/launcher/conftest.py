"""Fixtures: the whole product, on a stub of SegFormer or on the bundled service."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.launcher.running import Running
from tests.stub import StubService

Make = Callable[..., Running]


@pytest.fixture(scope="package")
def used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the tests of one start after another share: its database is made once."""
    return tmp_path_factory.mktemp("used")


@pytest.fixture
def make(used: Path) -> Iterator[Make]:
    """Prepare a run.py that is ended with the test; variables of its environment may be given."""
    made: list[Running] = []

    def prepare(folder: Path = used, **variables: str) -> Running:
        running = Running(folder, **variables)
        made.append(running)
        return running

    yield prepare
    for running in made:
        if running.process is not None:
            running.stop()
        for process in running.processes():
            process.kill()


@pytest.fixture(scope="package")
def product(
    tmp_path_factory: pytest.TempPathFactory, stub_process: StubService
) -> Iterator[Running]:
    """The product, running for all tests that leave it running."""
    running = Running(tmp_path_factory.mktemp("product"), SEGFORMER_SERVICE_URL=stub_process.url)
    try:
        running.start()
        yield running
    finally:
        running.stop()

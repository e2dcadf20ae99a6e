"""A child that is started again when it dies."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aoi.launcher import child as child_module
from aoi.launcher.child import Child
from tests.launcher.running import until

Make = Callable[..., Child]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[Child] = []

    def prepare(program: str) -> Child:
        command = [sys.executable, "-c", program]
        child = Child("The part", command, dict(os.environ), tmp_path, tmp_path / "part.out")
        made.append(child)
        child.start()
        return child

    yield prepare
    for child in made:
        child.kill()


def died(child: Child) -> bool:
    return not child.running


def test_the_first_death_is_followed_by_a_start_at_once(make: Make) -> None:
    child = make("import sys; sys.exit(3)")
    until(lambda: died(child))
    assert child.check() == "The part ended with code 3; it is started again."
    child.check()
    assert child.running or child.exit_code == 3


def test_later_deaths_are_followed_by_growing_pauses(make: Make) -> None:
    child = make("import time; print(time.monotonic())")

    def starts() -> list[float]:
        child.check()
        return [float(line) for line in child.output.read_text().split()]

    until(lambda: len(starts()) == 4)
    _, second, third, fourth = starts()[:4]
    # The pauses are 0, 0.5 and 1 s; starting Python takes its time too.
    assert third - second >= 0.5
    assert fourth - third >= 1.0


def test_a_death_after_a_long_life_counts_as_the_first(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child_module, "STEADY_SECONDS", 0)
    child = make("")
    for _ in range(3):
        until(lambda: died(child))
        child.check()
        child.check()
    assert child.deaths == 1


def test_a_signal_is_told_by_its_name(make: Make) -> None:
    child = make("import os; os.kill(os.getpid(), 9)")
    until(lambda: died(child))
    assert "ended by SIGKILL" in (child.check() or "")


def test_nothing_is_told_of_one_that_runs(make: Make) -> None:
    child = make("import time; time.sleep(600)")
    assert child.check() is None
    assert child.running


def test_a_request_to_end_lets_it_finish(make: Make) -> None:
    child = make(
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))\n"
        "print('up', flush=True)\n"
        "time.sleep(600)"
    )
    until(lambda: child.output.read_text())
    child.terminate()
    until(lambda: died(child))
    assert child.exit_code == 7


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("print('one'); print('two')", "two"),
        ('print(\'{"level": "ERROR", "message": "no room"}\')', "no room"),
        ("raise RuntimeError('it is broken')", "RuntimeError: it is broken"),
        ("print('null')", "null"),
        ("", "it gave no reason"),
    ],
)
def test_its_last_words_are_told_plainly(make: Make, program: str, words: str) -> None:
    child = make(program)
    until(lambda: died(child))
    assert child.last_words() == words

"""Refusals cost their address time where others ask too, against a clock that stands still."""

from __future__ import annotations

import pytest

from aoi.serving import company, pace
from aoi.serving.company import Company
from aoi.serving.pace import COST_SECONDS, FREE_SECONDS, MOST_SECONDS, MOST_WAITING, Pace

BAD, GOOD = "10.0.0.66", "10.0.0.1"


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(pace, "monotonic", clock)
    monkeypatch.setattr(company, "monotonic", clock)
    return clock


@pytest.fixture
def others(clock: Clock) -> Company:
    """Somebody else asks now."""
    others = Company()
    others.note(GOOD)
    return others


@pytest.fixture
def begun() -> list[int]:
    return []


@pytest.fixture
def refused(others: Company, begun: list[int]) -> Pace[int]:
    """A pace that one address has used up."""
    pace: Pace[int] = Pace(begun.append, others)
    for _ in range(1 + int(FREE_SECONDS / COST_SECONDS)):
        pace.charge(BAD)
    return pace


def test_a_few_refusals_are_free(others: Company, begun: list[int]) -> None:
    pace: Pace[int] = Pace(begun.append, others)
    pace.charge(BAD)
    assert pace.submit(BAD, 1)
    assert begun == [1]


def test_who_is_refused_again_waits_and_others_do_not(refused: Pace[int], begun: list[int]) -> None:
    assert refused.submit(BAD, 1) and refused.submit(GOOD, 2)
    assert begun == [2]
    assert refused.step(1.0) == pace.STEP_SECONDS


def test_who_is_alone_does_not_wait(
    refused: Pace[int], clock: Clock, others: Company, begun: list[int]
) -> None:
    refused.submit(BAD, 1)
    clock.now = company.SECONDS + 0.1
    refused.charge(BAD, cpu_seconds=1000)
    refused.begin_due()
    assert refused.submit(BAD, 2)
    assert begun == [1, 2]
    others.note(GOOD)
    refused.submit(BAD, 3)
    assert begun == [1, 2]


def test_those_that_wait_come_in_turn(refused: Pace[int], clock: Clock, begun: list[int]) -> None:
    refused.submit(BAD, 1)
    refused.submit(BAD, 2)
    clock.now = 1.5 * COST_SECONDS
    refused.begin_due()
    refused.begin_due()
    assert begun == [1]
    clock.now = 3 * COST_SECONDS
    refused.begin_due()
    assert begun == [1, 2]
    assert refused.step(1.0) == 1.0


def test_what_took_long_is_dear_but_not_without_end(
    refused: Pace[int], clock: Clock, begun: list[int]
) -> None:
    refused.charge(BAD, cpu_seconds=1000)
    refused.submit(BAD, 1)
    clock.now = MOST_SECONDS - 0.1
    refused.begin_due()
    assert begun == []
    clock.now = MOST_SECONDS + 0.1
    refused.begin_due()
    assert begun == [1]


def test_so_many_may_wait(refused: Pace[int]) -> None:
    assert all(refused.submit(BAD, number) for number in range(MOST_WAITING))
    assert not refused.submit(BAD, 0)
    assert len(refused.give_up()) == MOST_WAITING
    assert refused.submit(BAD, 0)


def test_who_owes_nothing_is_forgotten(refused: Pace[int], clock: Clock) -> None:
    clock.now = 1000
    refused.begin_due()
    assert not refused._paid

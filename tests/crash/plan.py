"""What a run will send, all of it from the seed."""

from __future__ import annotations

import random
from dataclasses import dataclass

from tests.crash.pictures import BAD_FILES, Picture

LARGEST_CALL = 24


@dataclass(frozen=True)
class Single:
    """One image to POST /upload."""

    picture: Picture
    later: bool  # Prefer: respond-async
    impatient: bool  # hangs up before the answer, and asks only at the end what became of it
    deleted: bool  # as soon as it may be


@dataclass(frozen=True)
class Call:
    """The files of one POST /upload/batch, under their names."""

    pictures: tuple[Picture, ...]
    bad: tuple[str, ...]
    wait: int


@dataclass(frozen=True)
class BatchPlan:
    """A batch that is sent in several calls."""

    calls: tuple[Call, ...]
    deleted: bool


@dataclass(frozen=True)
class Limits:
    """How much is to happen."""

    kills: int
    uploads: int
    seed: int
    clients: int = 8


def make_plan(limits: Limits) -> list[Single | BatchPlan]:
    """Return the jobs of all clients, in the order in which they are to be taken."""
    dice = random.Random(f"{limits.seed} plan")
    jobs: list[Single | BatchPlan] = []
    number = 0

    def take(count: int) -> tuple[Picture, ...]:
        nonlocal number
        taken = tuple(Picture(limits.seed, number + step) for step in range(count))
        number += count
        return taken

    while (left := limits.uploads - number) > 0:
        if dice.random() < 0.9:  # nine singles to a batch: about a third of the images
            picture = take(1)[0]
            later, impatient = dice.random() < 0.5, dice.random() < 0.05
            deleted = not impatient and dice.random() < 0.06
            jobs.append(Single(picture, later, impatient, deleted))
            continue
        calls = []
        for _ in range(dice.choice((1, 1, 2, 3))):
            count = min(dice.randint(1, LARGEST_CALL), left)
            if count == 0:
                break
            left -= count
            bad = tuple(name for name in BAD_FILES if dice.random() < 0.05)
            calls.append(Call(take(count), bad, dice.choice((0, 0, 0, 2))))
        jobs.append(BatchPlan(tuple(calls), dice.random() < 0.1))
    return jobs

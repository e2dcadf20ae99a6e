"""How often SegFormer was asked about each image, and whether the kills explain it."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.crash.kills import INTERRUPTING
from tests.stub.journal import Note

# The claim comes some time before the first call of an attempt, and the calls of one follow
# each other within its timeouts and pauses.
CLAIM_SECONDS, ATTEMPT_SECONDS = 3.0, 10.0
NOT_A_FAULT = ("asked", "answered")


@dataclass
class Inspections:
    """What the stub's journal tells."""

    faults: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    answered: int = 0
    repeated: int = 0
    findings: list[str] = field(default_factory=list)


def examine(
    notes: Iterable[Note],
    uploads: Mapping[str, Mapping[str, Any]],
    kills: Iterable[tuple[float, str]],
    tries: int,
) -> Inspections:
    """Compare the journal with each upload's `attempts`, of at most `tries` calls each.

    An image whose answer had been sent whole may be asked about again only if something that
    inspections need was killed after that attempt had begun.
    """
    interruptions = sorted(moment for moment, kind in kills if kind in INTERRUPTING)
    result = Inspections()
    by_image: dict[str, list[Note]] = defaultdict(list)
    for note in notes:
        by_image[note.sha256].append(note)
        if note.what not in NOT_A_FAULT:
            result.faults[note.what] += 1
    attempts = {row["sha256"]: tries * row["attempts"] for row in uploads.values()}
    for sha256, most in attempts.items():
        own = by_image[sha256]
        calls = [note for note in own if note.what != "answered"]
        answers = [note for note in own if note.what == "answered"]
        result.calls += len(calls)
        result.answered += len(answers)
        if len(calls) > most:
            result.findings.append(f"{sha256} was sent {len(calls)} times, {most} are explained")
        for answer in answers:
            again = next((call for call in calls if call.moment > answer.moment), None)
            if again is None:
                continue
            result.repeated += 1
            place = bisect_left(interruptions, _began(answer, calls) - CLAIM_SECONDS)
            if place == len(interruptions) or interruptions[place] > again.moment:
                result.findings.append(
                    f"{sha256} was answered at {answer.moment:.3f} and asked about again at "
                    f"{again.moment:.3f}, and nothing was killed in between"
                )
    return result


def _began(answer: Note, calls: list[Note]) -> float:
    """Return the moment of the first call of the attempt that was answered."""
    earliest = answer.moment - ATTEMPT_SECONDS
    own = [call.moment for call in calls if earliest <= call.moment <= answer.moment]
    return min(own, default=answer.moment)

from __future__ import annotations

from tests.crash.inspections import Inspections, examine
from tests.stub.journal import Note

SHA = "a" * 64


def examined(
    *notes: tuple[float, str], attempts: int = 1, kills: tuple[float, ...] = ()
) -> Inspections:
    return examine(
        [Note(moment, SHA, what) for moment, what in notes],
        {"id": {"sha256": SHA, "attempts": attempts}},
        [(moment, "queue worker") for moment in kills],
        tries=3,
    )


def test_an_image_inspected_once_is_in_order() -> None:
    result = examined((10, "asked"), (11, "answered"))
    assert (result.calls, result.answered, result.repeated, result.findings) == (1, 1, 0, [])


def test_faults_are_counted_and_may_be_tried_again() -> None:
    result = examined((10, "reset"), (11, "503"), (12, "asked"), (13, "answered"))
    assert result.faults == {"reset": 1, "503": 1}
    assert result.findings == []


def test_a_kill_explains_a_second_inspection() -> None:
    result = examined(
        (10, "asked"), (11, "answered"), (20, "asked"), (21, "answered"), attempts=2, kills=(11.5,)
    )
    assert (result.repeated, result.findings) == (1, [])


def test_a_kill_before_the_answer_explains_it_too() -> None:
    # The database was gone when the answer came.
    result = examined(
        (10, "timeout"), (12, "asked"), (12.1, "answered"), (20, "asked"), attempts=2, kills=(11,)
    )
    assert (result.repeated, result.findings) == (1, [])


def test_a_second_inspection_without_a_kill_is_told() -> None:
    result = examined(
        (10, "asked"), (11, "answered"), (20, "asked"), (21, "answered"), attempts=2, kills=(25,)
    )
    assert len(result.findings) == 1


def test_more_calls_than_the_attempts_explain_are_told() -> None:
    result = examined(*((moment, "reset") for moment in range(4)))
    assert len(result.findings) == 1

"""Whatever the document allows or forbids, the answer is one that it documents."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.schemas import APIOperation, BaseSchema
from schemathesis.specs.openapi.checks import negative_data_rejection

from tests.fuzz.conftest import EXAMPLES
from tests.fuzz.known import Known

PHASES = [Phase.explicit, Phase.generate, Phase.shrink]


def cases(operation: APIOperation[Any, Any, Any]) -> st.SearchStrategy[Case]:
    """Draw requests that the document allows, and as many that it forbids."""
    allowed = operation.as_strategy(GenerationMode.POSITIVE)
    try:
        forbidden = operation.as_strategy(GenerationMode.NEGATIVE)
    except Exception:  # nothing of it can be wrong
        return allowed
    return st.one_of(allowed, forbidden)


@pytest.mark.timeout(0)
def test_every_answer_is_as_documented(
    api: BaseSchema, known: Known, subtests: pytest.Subtests
) -> None:
    for found in api.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=EXAMPLES < 100,
            database=None,
            phases=PHASES,
            suppress_health_check=list(HealthCheck),
        )
        @given(cases(operation))
        def check(case: Case) -> None:
            if case.meta is None or case.meta.generation.mode.is_negative:
                case.call_and_validate()
            else:
                known.put_into(case)
                # What was put in would be taken for a violation of the schema.
                case.call_and_validate(excluded_checks=[negative_data_rejection])

        with subtests.test(operation=operation.label):
            check()

from __future__ import annotations

import pytest

from pausedemo.core.verdicts.attempts import merge_attempts
from pausedemo.core.verdicts.results import ScenarioResult, Status, StepResult

P, D, F, E, S = (
    Status.PASSED,
    Status.KNOWN_DIFFERENCE,
    Status.FAILED,
    Status.ERROR,
    Status.SKIPPED,
)


def attempt(status: Status, number: int) -> ScenarioResult:
    step = StepResult(name=f"step {number}", kind="exec", command="", status=status)
    return ScenarioResult(name="x", title="X", source="x.yaml", steps=(step,), duration_s=0.5)


@pytest.mark.parametrize(
    ("statuses", "shown", "merged"),
    [
        ((P, P, P), 2, P),
        ((P, F, P), 1, Status.FLAKY),
        ((F, P, E), 0, Status.FLAKY),
        ((F, F), 0, F),
        ((F, E), 0, F),
        ((E, F), 0, E),
        ((P, D), 1, D),
        ((D, F), 1, Status.FLAKY),
    ],
)
def test_attempts_become_one_result_that_shows_the_first_bad_one_or_the_last(
    statuses: tuple[Status, ...], shown: int, merged: Status
) -> None:
    results = [attempt(status, number) for number, status in enumerate(statuses)]
    result = merge_attempts(results)
    assert (result.attempts, result.status) == (statuses, merged)
    assert result.steps == results[shown].steps
    assert result.duration_s == 0.5 * len(statuses)


def test_a_single_attempt_is_its_own_result() -> None:
    only = attempt(F, 0)
    assert merge_attempts([only]) is only

from __future__ import annotations

import pytest

from pausedemo.core.results import EngineFacts, RunResult, ScenarioResult, Status, StepResult

PASSED, FAILED, ERROR, SKIPPED = Status


def scenario(*statuses: Status) -> ScenarioResult:
    steps = tuple(StepResult(name="s", kind="exec", command="", status=one) for one in statuses)
    return ScenarioResult(name="n", title="t", source="f", steps=steps, duration_s=1.0)


@pytest.mark.parametrize(
    ("statuses", "status"),
    [
        ([PASSED, PASSED], PASSED),
        ([PASSED, SKIPPED], PASSED),
        ([FAILED, PASSED, SKIPPED], FAILED),
        ([FAILED, ERROR, SKIPPED], ERROR),
        ([SKIPPED], SKIPPED),
        ([], SKIPPED),
    ],
)
def test_a_scenario_is_as_bad_as_its_worst_step(statuses: list[Status], status: Status) -> None:
    assert scenario(*statuses).status is status


@pytest.mark.parametrize(
    ("statuses", "counts", "exit_code"),
    [
        ([], (0, 0, 0, 0), 0),
        ([PASSED, PASSED, SKIPPED], (2, 0, 0, 1), 0),
        ([PASSED, FAILED], (1, 1, 0, 0), 1),
        ([PASSED, ERROR], (1, 0, 1, 0), 1),
    ],
)
def test_a_run_counts_its_scenarios_and_ends_accordingly(
    statuses: list[Status], counts: tuple[int, ...], exit_code: int
) -> None:
    run = RunResult(
        engine=EngineFacts("e", "1", "1.41", "runc"),
        images=(),
        scenarios=tuple(scenario(one) for one in statuses),
    )
    assert run.totals == dict(zip(Status, counts, strict=True))
    assert run.exit_code == exit_code

from __future__ import annotations

from dataclasses import replace

import pytest

from pausedemo.core.verdicts.results import (
    Difference,
    EngineFacts,
    RunResult,
    ScenarioResult,
    Status,
    StepResult,
)

PASSED, DIFFERS, FAILED, ERROR, FLAKY, SKIPPED = Status


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
        ([PASSED, DIFFERS, SKIPPED], DIFFERS),
        ([DIFFERS, FAILED], FAILED),
        ([SKIPPED], SKIPPED),
        ([], SKIPPED),
    ],
)
def test_a_scenario_is_as_bad_as_its_worst_step(statuses: list[Status], status: Status) -> None:
    assert scenario(*statuses).status is status


@pytest.mark.parametrize(
    ("attempts", "status"),
    [
        ([PASSED, PASSED], PASSED),
        ([PASSED, FAILED], FLAKY),
        ([ERROR, PASSED], FLAKY),
        ([DIFFERS, FAILED], FLAKY),
        ([PASSED, DIFFERS], PASSED),
        ([FAILED, ERROR], PASSED),
    ],
)
def test_a_scenario_that_went_well_only_sometimes_is_flaky(
    attempts: list[Status], status: Status
) -> None:
    # The steps here all passed: what else there is to say comes from them.
    assert replace(scenario(PASSED), attempts=tuple(attempts)).status is status


def test_a_listed_difference_that_does_not_show_is_stale() -> None:
    step = StepResult(name="s", kind="exec", command="", status=PASSED)
    gone = replace(step, difference=Difference("docker<23", "it was so", shows=False))
    shown = replace(step, status=DIFFERS, difference=Difference("podman", "it is so", shows=True))
    result = replace(scenario(), steps=(step, gone, shown))
    assert result.stale == ((gone, gone.difference),)


@pytest.mark.parametrize(
    ("statuses", "counts", "exit_code"),
    [
        ([], {}, 0),
        ([PASSED, PASSED, SKIPPED], {PASSED: 2, SKIPPED: 1}, 0),
        ([PASSED, DIFFERS], {PASSED: 1, DIFFERS: 1}, 0),
        ([PASSED, FAILED], {PASSED: 1, FAILED: 1}, 1),
        ([PASSED, ERROR], {PASSED: 1, ERROR: 1}, 1),
    ],
)
def test_a_run_counts_its_scenarios_and_ends_accordingly(
    statuses: list[Status], counts: dict[Status, int], exit_code: int
) -> None:
    run = RunResult(
        engine=EngineFacts("e", "1", "1.41", "runc"),
        images=(),
        scenarios=tuple(scenario(one) for one in statuses),
    )
    assert run.totals == {status: counts.get(status, 0) for status in Status}
    assert run.exit_code == exit_code


def test_a_flaky_scenario_fails_the_run() -> None:
    flaky = replace(scenario(PASSED), attempts=(PASSED, FAILED))
    run = RunResult(engine=EngineFacts("e", "1", "1.41", "runc"), images=(), scenarios=(flaky,))
    assert run.totals[FLAKY] == 1
    assert run.exit_code == 1

"""What is said of a step's facts, on an engine that differs and on one that does not."""

from __future__ import annotations

from typing import Any

import pytest

from pausedemo.core.verdicts.results import Difference, EngineFacts, Failure, Json, Status
from pausedemo.errors import EngineError, PausedemoError, TimedOut
from pausedemo.scenario.kinds import ExecStep, InspectStep, StopStep, WaitStep
from pausedemo.scenario.verdict import Judge, Verdict

PASSED, DIFFERS, FAILED, SKIPPED = (
    Status.PASSED,
    Status.KNOWN_DIFFERENCE,
    Status.FAILED,
    Status.SKIPPED,
)
DOCKER = EngineFacts("docker", "20.10.24+dfsg1", "1.41", "runc")
REFUSED = EngineError("stop it", 409, "no way")


def judge_of(engine: EngineFacts = DOCKER) -> Judge:
    def lookup(reference: str) -> Json:
        raise KeyError(reference)

    return Judge(engine, lookup)


def inspect(**more: object) -> InspectStep:
    made: dict[str, Any] = {"inspect": {"container": "a"}, "expect": {"exit_code": 0}, **more}
    return InspectStep.model_validate(made)


def stop(**more: object) -> StopStep:
    return StopStep.model_validate({"stop": {"container": "a"}, **more})


INSTEAD = {"why": "so", "expect": {"exit_code": 137}}
SHOWN = Difference("docker<23", "so", shows=True)
NOT_SHOWN = Difference("docker<23", "so", shows=False)


@pytest.mark.parametrize(
    ("differs", "exit_code", "status", "difference"),
    [
        ({}, 0, PASSED, None),
        ({}, 1, FAILED, None),
        ({"podman": "so"}, 0, PASSED, None),
        ({"podman": "so"}, 1, FAILED, None),
        ({"docker<23": "so"}, 1, DIFFERS, SHOWN),
        # Listed, and not so: stale.
        ({"docker<23": "so"}, 0, PASSED, NOT_SHOWN),
        ({"docker<23": INSTEAD}, 137, DIFFERS, SHOWN),
        ({"docker<23": INSTEAD}, 0, PASSED, NOT_SHOWN),
        # Different in another way than is known.
        ({"docker<23": INSTEAD}, 1, FAILED, NOT_SHOWN),
        # The first that speaks of the engine counts.
        ({"podman": "x", "docker<23": INSTEAD, "docker": "x"}, 137, DIFFERS, SHOWN),
    ],
)
def test_a_fact_is_judged_by_what_is_listed_of_the_engine(
    differs: dict[str, object], exit_code: int, status: Status, difference: Difference | None
) -> None:
    step = inspect(differs=differs)
    verdict = judge_of().judge(step, {"exit_code": exit_code})
    assert (verdict.status, verdict.difference) == (status, difference)
    assert bool(verdict.failures) == (status is not PASSED)


def test_a_known_difference_shows_what_a_pod_needs() -> None:
    verdict = judge_of().judge(inspect(differs={"docker": INSTEAD}), {"exit_code": 137})
    assert verdict.failures == (Failure("exit_code", 0, 137),)


def test_another_difference_than_the_known_one_shows_what_is_known() -> None:
    verdict = judge_of().judge(inspect(differs={"docker": INSTEAD}), {"exit_code": 1})
    assert verdict.failures == (Failure("exit_code", 137, 1),)


@pytest.mark.parametrize(
    ("step", "error", "status"),
    [
        (stop(), REFUSED, None),
        (stop(expect={"error": {"contains": "no way"}}), REFUSED, PASSED),
        (stop(expect={"error": {"contains": "another"}}), REFUSED, FAILED),
        (stop(differs={"docker": "so"}), REFUSED, DIFFERS),
        (stop(differs={"podman": "so"}), REFUSED, None),
        (
            stop(differs={"docker": {"why": "so", "expect": {"error": "no way"}}}),
            REFUSED,
            DIFFERS,
        ),
        (
            stop(differs={"docker": {"why": "so", "expect": {"error": "another"}}}),
            REFUSED,
            FAILED,
        ),
        (
            stop(
                expect={"error": {"contains": "no way"}},
                differs={"docker": {"why": "so", "expect": {"error": None}}},
            ),
            REFUSED,
            PASSED,
        ),
        (inspect(differs={"docker": "so"}), REFUSED, DIFFERS),
        (inspect(differs={"docker": INSTEAD}), REFUSED, None),
        (inspect(differs={"docker": "so"}), TimedOut("late"), DIFFERS),
        (inspect(), TimedOut("late"), None),
    ],
)
def test_a_step_that_could_not_be_done_is_judged_where_its_file_speaks_of_that(
    step: StopStep | InspectStep, error: PausedemoError, status: Status | None
) -> None:
    verdict = judge_of().judge_error(step, error)
    assert (verdict and verdict.status) == status


@pytest.mark.parametrize(
    ("expect", "failures"),
    [
        ({}, ()),
        ({"error": {"contains": "no"}}, (Failure("error", {"contains": "no"}, None),)),
        ({"took_s": {"at_least": 3}}, (Failure("took_s", {"at_least": 3}, 2.5),)),
    ],
)
def test_an_action_that_succeeds_may_be_what_was_not_expected(
    expect: dict[str, object], failures: tuple[Failure, ...]
) -> None:
    verdict = judge_of().judge(stop(expect=expect), {"error": None, "took_s": 2.5})
    assert verdict == Verdict(FAILED if failures else PASSED, failures)


@pytest.mark.parametrize(
    ("step", "status", "ends"),
    [
        (stop(), PASSED, False),
        (stop(), FAILED, True),
        (stop(differs={"docker": "so"}), DIFFERS, True),
        (stop(differs={"docker": {"why": "so", "expect": {"error": "x"}}}), DIFFERS, False),
        (inspect(), FAILED, False),
        (inspect(differs={"docker": "so"}), DIFFERS, False),
        (WaitStep.model_validate({"wait": {"container": "a", "state": "exited"}}), FAILED, True),
        (WaitStep.model_validate({"wait": {"container": "a", "state": "exited"}}), DIFFERS, False),
    ],
)
def test_an_action_gone_wrong_ends_the_scenario_unless_it_was_meant(
    step: StopStep | InspectStep | WaitStep, status: Status, ends: bool
) -> None:
    assert judge_of().ends_scenario(step, status) is ends


def test_nothing_is_expected_of_a_command_that_nobody_waits_for() -> None:
    step = ExecStep.model_validate(
        {"exec": {"container": "a", "command": ["false"], "detach": True}}
    )
    assert judge_of().judge(step, {}) == Verdict(PASSED)


def test_a_reference_to_a_fact_that_is_not_there_cannot_be_judged() -> None:
    step = inspect(expect={"exit_code": {"same_as": "before.exit_code"}})
    with pytest.raises(PausedemoError, match=r"there is no fact before\.exit_code"):
        judge_of().judge(step, {"exit_code": 0})

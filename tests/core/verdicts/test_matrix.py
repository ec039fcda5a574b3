from __future__ import annotations

from dataclasses import replace

import pytest

from pausedemo.core.verdicts.matrix import Column, Departure, Seen, compute_matrix
from pausedemo.core.verdicts.results import (
    Difference,
    EngineFacts,
    Failure,
    Json,
    RunResult,
    ScenarioResult,
    Status,
    StepResult,
)

DOCKER = EngineFacts("docker", "20.10.24+dfsg1", "1.41", "runc")
PODMAN = EngineFacts("podman", "4.3.1", "1.41", "crun")


def step(name: str, status: Status = Status.PASSED, **more: object) -> StepResult:
    made = StepResult(name=name, kind="exec", command=f"do {name}", status=status)
    return replace(made, **more)  # type: ignore[arg-type]


def scenario(name: str, *steps: StepResult, **more: object) -> ScenarioResult:
    made = ScenarioResult(
        name=name, title=f"{name} holds", source="f", steps=steps, duration_s=1.0, tags=("net",)
    )
    return replace(made, **more)  # type: ignore[arg-type]


def run(engine: EngineFacts, *scenarios: ScenarioResult) -> RunResult:
    return RunResult(engine=engine, images=(), scenarios=scenarios)


def test_scenarios_stand_in_the_order_in_which_they_first_come() -> None:
    one = run(DOCKER, scenario("a", step("x")), scenario("b", step("x")))
    other = run(PODMAN, scenario("c", step("x")), scenario("b", step("x", Status.FAILED)))
    matrix = compute_matrix([one, other])
    assert [(row.name, row.statuses) for row in matrix.rows] == [
        ("a", (Status.PASSED, None)),
        ("b", (Status.PASSED, Status.FAILED)),
        ("c", (None, Status.PASSED)),
    ]
    assert [row.engines_agree for row in matrix.rows] == [False, False, False]
    assert not matrix.is_good
    assert matrix.count(1) == {Status.PASSED: 1, Status.FAILED: 1}


@pytest.mark.parametrize(
    ("engines", "labels", "shown"),
    [
        ([DOCKER, PODMAN], [], ["docker 20.10.24", "podman 4.3.1"]),
        ([DOCKER, PODMAN], ["old", None], ["old", "podman 4.3.1"]),
        (
            [DOCKER, replace(DOCKER, runtime="runsc")],
            [],
            ["docker 20.10.24+dfsg1, runc", "docker 20.10.24+dfsg1, runsc"],
        ),
        (
            [DOCKER, DOCKER],
            [],
            ["docker 20.10.24+dfsg1, runc (1)", "docker 20.10.24+dfsg1, runc (2)"],
        ),
    ],
)
def test_columns_are_told_apart(
    engines: list[EngineFacts], labels: list[str | None], shown: list[str]
) -> None:
    matrix = compute_matrix([run(engine) for engine in engines], labels)
    assert matrix.columns == tuple(map(Column, shown, engines))


@pytest.mark.parametrize(
    ("observed", "value"),
    [({"error": None}, None), ({"error": "no"}, "no"), ({"error": [{"a": 1}]}, None), (None, None)],
)
def test_what_differs_is_laid_side_by_side(observed: Json, value: Json) -> None:
    known = step(
        "x",
        Status.KNOWN_DIFFERENCE,
        failures=(Failure("error", None, "refused"),),
        difference=Difference("podman", "it says no", shows=True),
    )
    one = run(DOCKER, scenario("a", step("w"), step("x", observed=observed)))
    other = run(PODMAN, scenario("a", step("w"), known))
    (row,) = compute_matrix([one, other]).rows
    assert row.departures == (
        Departure(
            step="x",
            command="do x",
            where="error",
            expected=None,
            seen=(
                Seen(Status.PASSED, as_expected=True, value=value),
                Seen(Status.KNOWN_DIFFERENCE, False, "refused", "it says no"),
            ),
        ),
    )


def test_a_step_that_was_not_done_shows_nothing() -> None:
    failed = step("x", Status.FAILED, failures=(Failure("ps", 1, 2),))
    runs = [
        run(DOCKER, scenario("a", failed)),
        run(PODMAN, scenario("a", step("x", Status.SKIPPED))),
    ]
    (row,) = compute_matrix([*runs, run(PODMAN)]).rows
    assert [departure.seen[1:] for departure in row.departures] == [(None, None)]


def test_known_differences_and_what_does_not_apply_are_good() -> None:
    left_out = scenario("a", not_applicable="applies to docker only")
    known = scenario("b", step("x", Status.KNOWN_DIFFERENCE))
    matrix = compute_matrix([run(PODMAN, left_out, known)])
    assert matrix.is_good
    assert matrix.rows[0].reasons == ("applies to docker only",)


def test_stale_differences_are_named() -> None:
    gone = step("x", difference=Difference("podman<5", "it was so", shows=False))
    matrix = compute_matrix([run(PODMAN, scenario("a", gone))])
    assert matrix.stale == (("podman 4.3.1", "a", "x", "podman<5"),)


@pytest.mark.parametrize(
    ("others", "alike"),
    [
        ([step("x", Status.FAILED, failures=(Failure("ps", 1, 2),))], True),
        ([step("x", Status.KNOWN_DIFFERENCE, failures=(Failure("ps", 1, 2),))], True),
        ([step("x", Status.FAILED, failures=(Failure("ps", 1, 3),))], False),
        ([step("x")], False),
        ([step("x", Status.SKIPPED)], False),
        ([], False),
    ],
)
def test_what_all_engines_show_alike_is_told_from_where_they_differ(
    others: list[StepResult], alike: bool
) -> None:
    failed = step("x", Status.FAILED, failures=(Failure("ps", 1, 2),))
    runs = [run(DOCKER, scenario("good"), scenario("a", failed))]
    matrix = compute_matrix([*runs, *(run(PODMAN, scenario("a", other)) for other in others)])
    assert matrix.select_rows(alike=alike) == ((1, matrix.rows[1]),)
    assert matrix.select_rows(alike=not alike) == ()

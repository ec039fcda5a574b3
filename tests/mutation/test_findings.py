"""When a suite is to be trusted, and what is said when it is not."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from mutation.findings import Finding, Findings, How
from mutation.mutant import TRUTH, Fate, Mutation
from mutation.report import render_document
from mutation.table import MUTATIONS
from pausedemo.engine.port import EngineInfo
from pausedemo.scenario.library import load_scenarios

BREAKS = Mutation(name="breaks", does="does x", breaks="a needs y")
ODD = Mutation(name="odd", does="does z", breaks="no harm", fate=Fate.TOLERATED)


def find(mutation: Mutation, scenario: str, how: How, told: int = 1) -> Finding:
    return Finding(
        mutation=mutation.name, scenario=scenario, how=how, told=told, step="look", said="1, not 2"
    )


def problems_of(*findings: Finding) -> list[str]:
    true = [find(TRUTH, name, How.PASSED, 0) for name in ("one", "two")]
    return Findings([BREAKS, ODD], ["one", "two"], [*true, *findings], complete=True).problems()


GOOD = (
    find(BREAKS, "one", How.FAILED),
    find(BREAKS, "two", How.ERROR),
    find(ODD, "one", How.PASSED),
)


def test_a_suite_that_notices_and_bears_what_it_should_has_no_problem() -> None:
    assert problems_of(*GOOD) == []


def test_a_mutation_that_nobody_caught_is_a_problem() -> None:
    found = problems_of(find(BREAKS, "one", How.PASSED), find(ODD, "one", How.PASSED))
    assert found[0] == "breaks was not caught: nobody misses that a needs y"


def test_what_went_wrong_without_a_lie_is_no_catch() -> None:
    untold = find(BREAKS, "one", How.FAILED, told=0)
    assert not untold.caught
    assert problems_of(untold, GOOD[2])[0] == (
        "breaks was never told: no scenario gives an occasion for it"
    )


def test_a_scenario_that_caught_nothing_is_a_problem() -> None:
    assert problems_of(GOOD[0], GOOD[2]) == ["two caught no mutation: what would make it fail?"]


def test_a_scenario_that_does_not_apply_need_not_catch_anything() -> None:
    untouched = find(TRUTH, "two", How.UNTOUCHED, 0)
    findings = [find(TRUTH, "one", How.PASSED, 0), untouched, GOOD[0], GOOD[2]]
    assert Findings([BREAKS, ODD], ["one", "two"], findings, complete=True).problems() == []


def test_an_oddity_that_is_not_tolerated_is_a_problem() -> None:
    found = problems_of(*GOOD, find(ODD, "two", How.FAILED))
    assert found == ["odd should be tolerated, but two failed at look: 1, not 2"]


def test_a_suite_that_fails_without_a_lie_proves_nothing() -> None:
    found = problems_of(*GOOD, find(TRUTH, "one", How.FAILED, 0))
    assert found == ["does not pass even without a lie: one, look: 1, not 2"]


def test_a_traceback_is_a_problem_of_its_own_and_no_catch() -> None:
    found = problems_of(*GOOD, find(ODD, "two", How.CRASHED))
    assert found == ["odd makes pausedemo itself break: two, look: 1, not 2"]


def test_a_lie_that_could_not_be_told_is_a_problem_and_no_catch() -> None:
    botched = find(BREAKS, "two", How.BOTCHED)
    assert not botched.caught
    found = problems_of(*GOOD, botched)
    assert found == ["breaks could not be told: two, look: 1, not 2"]


def test_those_who_noticed_at_an_expectation_come_first() -> None:
    findings = Findings([BREAKS], ["one", "two"], (GOOD[1], GOOD[0]), complete=True)
    assert [f.scenario for f in findings.catchers(BREAKS)] == ["one", "two"]


def test_the_document_names_who_caught_what_and_who_did_not() -> None:
    (scenario,) = load_scenarios(["pid-share"])
    lost, kept = MUTATIONS["drops-pid-mode"], MUTATIONS["pause-keeps-zombies"]
    findings = [
        find(TRUTH, "pid-share", How.PASSED, 0),
        find(lost, "pid-share", How.FAILED),
        find(kept, "pid-share", How.PASSED),
    ]
    found = Findings([lost, kept], ["pid-share"], findings, complete=True)
    engine = EngineInfo("docker", "20.10.24", "1.41", "runc", "amd64")
    text = render_document(found, [scenario], engine, datetime(2026, 11, 24, tzinfo=UTC))
    lines = text.splitlines()
    assert f"| `drops-pid-mode` | {lost.does} | {lost.breaks} | pid-share |" in lines
    assert f"| `pause-keeps-zombies` | {kept.does} | {kept.breaks} | **nobody** |" in lines
    assert "| caught | 1, 1 of them at an expectation |" in lines
    assert "| made | 2026-11-24, docker 20.10.24, runc |" in lines
    assert "| pid-share | 1 | `drops-pid-mode` |" in lines
    assert "- pause-keeps-zombies was not caught: nobody misses that" in text
    assert str(Path.cwd()) not in text

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Final, Literal

from hypothesis import HealthCheck, given, settings
from pydantic import BaseModel, ConfigDict, JsonValue

from pausedemo.core.verdicts.results import RunResult, Status
from pausedemo.report.json_report import render_json
from tests.report.example import EXAMPLE, OTHER_ENGINE
from tests.report.golden import assert_golden
from tests.report.hostile import RUNS

# The default of a key that may be absent and is never null.
_ABSENT: Final[Any] = None
_StepStatus = Literal["passed", "known_difference", "failed", "error", "skipped"]


class _Strict(BaseModel):
    """The contract: these keys and no other; all of them, but for those that may be absent."""

    model_config = ConfigDict(extra="forbid", strict=True)


class _Engine(_Strict):
    name: str
    version: str
    api_version: str
    runtime: str


class _Image(_Strict):
    wanted: str
    used: str
    substitute: bool


class _Failure(_Strict):
    expected: JsonValue
    actual: JsonValue


class _Difference(_Strict):
    engine: str
    why: str
    shows: bool


class _Step(_Strict):
    name: str
    kind: str
    command: str
    status: _StepStatus
    output: str
    observed: JsonValue
    failures: list[_Failure]
    duration_s: float
    difference: _Difference = _ABSENT


class _Scenario(_Strict):
    name: str
    title: str
    status: _StepStatus | Literal["flaky"]
    duration_s: float
    steps: list[_Step]
    attempts: list[_StepStatus] = _ABSENT
    not_applicable: str = _ABSENT


class _Totals(_Strict):
    passed: int
    failed: int
    error: int
    skipped: int
    known_difference: int = _ABSENT
    flaky: int = _ABSENT


class _Report(_Strict):
    schema_: Literal[1]
    engine: _Engine
    images: list[_Image]
    scenarios: list[_Scenario]
    totals: _Totals
    ended_by: str = _ABSENT


def _list_keys(model: type[BaseModel]) -> list[str]:
    """What a plain run's report has: no difference, no second attempt."""
    return [name.rstrip("_") for name, field in model.model_fields.items() if field.is_required()]


def _validate(text: str) -> _Report:
    def refuse(constant: str) -> object:
        raise AssertionError(f"{constant} is not JSON")

    report = json.loads(text, parse_constant=refuse)
    return _Report.model_validate({"schema_": report.pop("schema"), **report})


def test_the_whole_report_is_as_it_was() -> None:
    assert_golden("run.json", render_json(EXAMPLE))
    assert_golden("other-run.json", render_json(OTHER_ENGINE))


def test_keys_are_those_of_the_contract_in_its_order() -> None:
    report = json.loads(render_json(EXAMPLE))
    scenario = report["scenarios"][0]
    step = scenario["steps"][1]
    assert list(report) == _list_keys(_Report)
    assert list(report["engine"]) == _list_keys(_Engine)
    assert list(report["images"][0]) == _list_keys(_Image)
    assert list(scenario) == _list_keys(_Scenario)
    assert list(step) == _list_keys(_Step)
    assert list(step["failures"][0]) == _list_keys(_Failure)
    assert list(report["totals"]) == _list_keys(_Totals)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(RUNS)
def test_any_run_gives_json_that_keeps_to_the_contract(run: RunResult) -> None:
    text = render_json(run)
    assert text.isascii()
    report = _validate(text)
    assert report.totals.model_dump(exclude_unset=True) == {
        status.value: run.totals[status]
        for status in Status
        if run.totals[status] or status not in (Status.KNOWN_DIFFERENCE, Status.FLAKY)
    }


def test_what_only_some_runs_have_stands_where_it_occurred() -> None:
    report = json.loads(render_json(OTHER_ENGINE))
    ipc, zombies, oom, pause = report["scenarios"]
    assert [step.get("difference", {}).get("shows") for step in ipc["steps"]] == [None, True, False]
    assert [step["status"] for step in ipc["steps"]] == ["passed", "known_difference", "passed"]
    assert (zombies["status"], zombies["attempts"].count("passed")) == ("flaky", 10)
    assert oom["not_applicable"] == "needs an engine that may lower an OOM score"
    assert [{"attempts", "not_applicable"} & set(scenario) for scenario in (ipc, pause)] == [
        set(),
        set(),
    ]
    assert report["totals"] == {
        "passed": 1,
        "failed": 0,
        "error": 0,
        "skipped": 1,
        "known_difference": 1,
        "flaky": 1,
    }


def test_what_ended_a_run_early_stands_last() -> None:
    report = json.loads(render_json(replace(EXAMPLE, ended_by="stopped by SIGTERM")))
    assert list(report)[-1] == "ended_by"
    assert report.pop("ended_by") == "stopped by SIGTERM"
    assert report == json.loads(render_json(EXAMPLE))


def test_text_comes_back_as_it_was_observed() -> None:
    report = json.loads(render_json(EXAMPLE))
    outputs = [step["output"] for scenario in report["scenarios"] for step in scenario["steps"]]
    assert outputs == [step.output for scenario in EXAMPLE.scenarios for step in scenario.steps]

from __future__ import annotations

import json
from typing import Literal

from hypothesis import HealthCheck, given, settings
from pydantic import BaseModel, ConfigDict, JsonValue

from pausedemo.core.results import RunResult, Status
from pausedemo.report.json_report import render_json
from tests.report.example import EXAMPLE
from tests.report.golden import assert_golden
from tests.report.hostile import RUNS


class _Strict(BaseModel):
    """The contract: these keys, all of them, and no other."""

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


class _Step(_Strict):
    name: str
    kind: str
    command: str
    status: Literal["passed", "failed", "error", "skipped"]
    output: str
    observed: JsonValue
    failures: list[_Failure]
    duration_s: float


class _Scenario(_Strict):
    name: str
    title: str
    status: Literal["passed", "failed", "error", "skipped"]
    duration_s: float
    steps: list[_Step]


class _Totals(_Strict):
    passed: int
    failed: int
    error: int
    skipped: int


class _Report(_Strict):
    schema_: Literal[1]
    engine: _Engine
    images: list[_Image]
    scenarios: list[_Scenario]
    totals: _Totals


def _list_keys(model: type[BaseModel]) -> list[str]:
    return [name.rstrip("_") for name in model.model_fields]


def _validate(text: str) -> _Report:
    def refuse(constant: str) -> object:
        raise AssertionError(f"{constant} is not JSON")

    report = json.loads(text, parse_constant=refuse)
    return _Report.model_validate({"schema_": report.pop("schema"), **report})


def test_the_whole_report_is_as_it_was() -> None:
    assert_golden("run.json", render_json(EXAMPLE))


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
    assert report.totals.model_dump() == {status.value: run.totals[status] for status in Status}


def test_text_comes_back_as_it_was_observed() -> None:
    report = json.loads(render_json(EXAMPLE))
    outputs = [step["output"] for scenario in report["scenarios"] for step in scenario["steps"]]
    assert outputs == [step.output for scenario in EXAMPLE.scenarios for step in scenario.steps]

"""A run as JSON, for programs. The keys are a contract; ``schema`` grows when they change."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Final

from pausedemo.core.verdicts.results import Json, RunResult, ScenarioResult, Status, StepResult

SCHEMA: Final = 1

# Half of a UTF-16 pair is no character: strict readers refuse it, even written as \ud800.
_SURROGATES = re.compile("[\ud800-\udfff]")


def render_json(result: RunResult) -> str:
    """The whole run as one JSON object with a line feed at its end, ASCII only.

    Durations in seconds, to the millisecond. A number that JSON cannot hold (NaN, infinity)
    becomes null, a lone surrogate U+FFFD; everything else is as it was observed. Keys that not
    every run has stand last, and only where they say something: ``difference`` in a step,
    ``attempts`` and ``not_applicable`` in a scenario, ``ended_by`` in a run that ended early.
    """
    engine = result.engine
    report: dict[str, Json] = {
        "schema": SCHEMA,
        "engine": {
            "name": engine.name,
            "version": engine.version,
            "api_version": engine.api_version,
            "runtime": engine.runtime,
        },
        "images": [
            {"wanted": image.wanted, "used": image.used, "substitute": image.substitute}
            for image in result.images
        ],
        "scenarios": [_describe_scenario(scenario) for scenario in result.scenarios],
        "totals": _describe_totals(result),
    }
    if result.ended_by:
        report["ended_by"] = result.ended_by
    return json.dumps(make_plain(report), indent=2, allow_nan=False) + "\n"


def _describe_totals(result: RunResult) -> Json:
    """The four that schema 1 began with, always; the others where they occurred."""
    always = (Status.PASSED, Status.FAILED, Status.ERROR, Status.SKIPPED)
    totals = result.totals
    others = [status for status in totals if totals[status] and status not in always]
    return {status.value: totals[status] for status in (*always, *others)}


def _describe_scenario(scenario: ScenarioResult) -> Json:
    described: dict[str, Json] = {
        "name": scenario.name,
        "title": scenario.title,
        "status": scenario.status.value,
        "duration_s": round(scenario.duration_s, 3),
        "steps": [_describe_step(step) for step in scenario.steps],
    }
    if len(scenario.attempts) > 1:
        described["attempts"] = [attempt.value for attempt in scenario.attempts]
    if scenario.not_applicable:
        described["not_applicable"] = scenario.not_applicable
    return described


def _describe_step(step: StepResult) -> Json:
    described: dict[str, Json] = {
        "name": step.name,
        "kind": step.kind,
        "command": step.command,
        "status": step.status.value,
        "output": step.output,
        "observed": step.observed,
        "failures": [
            {"expected": failure.expected, "actual": failure.actual} for failure in step.failures
        ],
        "duration_s": round(step.duration_s, 3),
    }
    if (difference := step.difference) is not None:
        described["difference"] = {
            "engine": difference.engine,
            "why": difference.why,
            "shows": difference.shows,
        }
    return described


def make_plain(value: Json) -> Json:
    """The same value in the types that the json module knows."""
    match value:
        case str():
            return _SURROGATES.sub("\ufffd", value)
        case float() if not math.isfinite(value):
            return None
        case Mapping():
            return {_SURROGATES.sub("\ufffd", key): make_plain(value[key]) for key in value}
        case Sequence():
            return [make_plain(item) for item in value]
        case _:
            return value

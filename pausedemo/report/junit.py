"""A run as JUnit XML: a test suite per scenario, a test case per step.

Shaped after what Jenkins' xunit plugin accepts (its ``junit-10.xsd``): properties come first in
a suite, every failure and error has a ``type``, and the root element counts no skipped tests.

JUnit has no word for a difference that is known. It becomes a skipped test with the reason as its
message, as pytest writes an expected failure: viewers count it apart from what passed and show
the message, where a passed test's output stays unread until somebody looks for it.
"""

from __future__ import annotations

from io import BytesIO

import junitparser

from pausedemo.core.verdicts.results import Failure, RunResult, ScenarioResult, Status, StepResult
from pausedemo.report.comparison import is_message, render_failure
from pausedemo.report.text import (
    STATUS_NAMES,
    describe_attempts,
    describe_difference,
    join_lines,
    make_visible,
)


def render_junit(result: RunResult) -> str:
    """The whole run as an XML 1.0 document that says it is UTF-8; characters are made visible.

    Times in seconds, to the millisecond.
    """
    report = junitparser.JUnitXml("pausedemo")
    suites = [_make_suite(result, scenario) for scenario in result.scenarios]
    if result.ended_by:
        suites.append(_make_early_suite(result.ended_by))
    for suite in suites:
        report.add_testsuite(suite)
    report.tests = sum(suite.tests for suite in suites)
    report.failures = sum(suite.failures for suite in suites)
    report.errors = sum(suite.errors for suite in suites)
    report.time = round(sum(scenario.duration_s for scenario in result.scenarios), 3)
    document = BytesIO()
    report.write(document, pretty=True)
    return document.getvalue().decode("utf-8")


def _make_suite(result: RunResult, scenario: ScenarioResult) -> junitparser.TestSuite:
    suite = junitparser.TestSuite(join_lines(scenario.name))
    for name, value in _list_properties(result, scenario):
        suite.add_property(name, join_lines(value))
    suite.add_testcases([_make_case(scenario, step) for step in scenario.steps])
    suite.add_testcases(_make_whole_cases(scenario))
    suite.time = round(scenario.duration_s, 3)
    return suite


def _make_early_suite(ended_by: str) -> junitparser.TestSuite:
    """A suite of its own: without an error a run that played nothing looks like a success."""
    case = junitparser.TestCase("all scenarios are played", "pausedemo", 0.0)
    case.result = junitparser.Error(join_lines(ended_by), "error")
    suite = junitparser.TestSuite("pausedemo")
    suite.add_testcases([case])
    return suite


def _list_properties(result: RunResult, scenario: ScenarioResult) -> list[tuple[str, str]]:
    engine = result.engine
    properties = [
        ("title", scenario.title),
        ("source", scenario.source),
        ("engine.name", engine.name),
        ("engine.version", engine.version),
        ("engine.api_version", engine.api_version),
        ("engine.runtime", engine.runtime),
    ]
    for image in result.images:
        used = f"{image.used} (substitute)" if image.substitute else image.used
        properties.append((f"image.{join_lines(image.wanted)}", used))
    for step in scenario.steps:
        if told := describe_difference(step):
            properties.append((f"difference: {join_lines(step.name)}", told))
    if attempts := describe_attempts(scenario):
        properties.append(("attempts", attempts))
    return properties


def _make_whole_cases(scenario: ScenarioResult) -> list[junitparser.TestCase]:
    """Cases for what is true of a scenario and of none of its steps.

    A suite without cases is invisible in most viewers, so one that does not apply has one. Of
    several attempts only one's steps are there: whether all went well is a case of its own, with
    the same name in each run, so that a viewer can tell its history.
    """
    classname = join_lines(scenario.name)
    cases = []
    if scenario.not_applicable:
        case = junitparser.TestCase("applies to this engine", classname, 0.0)
        case.result = junitparser.Skipped(f"not applicable: {join_lines(scenario.not_applicable)}")
        cases.append(case)
    if attempts := describe_attempts(scenario):
        case = junitparser.TestCase("every attempt goes well", classname, 0.0)
        if not all(attempt.is_good for attempt in scenario.attempts):
            flaky = scenario.status is Status.FLAKY
            message = f"flaky: {attempts}" if flaky else attempts
            case.result = junitparser.Failure(message, "flaky" if flaky else "attempts")
        cases.append(case)
    return cases


def _make_case(scenario: ScenarioResult, step: StepResult) -> junitparser.TestCase:
    case = junitparser.TestCase(
        join_lines(step.name), join_lines(scenario.name), round(step.duration_s, 3)
    )
    match step.status:
        case Status.FAILED:
            failed = junitparser.Failure(_summarise(step.failures), "expectation")
            failed.text = _render_failures(step)
            case.result = failed
        case Status.ERROR:
            error = junitparser.Error(_summarise(step.failures), "error")
            error.text = _render_failures(step)
            case.result = error
        case Status.SKIPPED:
            case.result = junitparser.Skipped(_summarise(step.failures) or None)
        case Status.KNOWN_DIFFERENCE:
            told = describe_difference(step) or STATUS_NAMES[step.status]
            known = junitparser.Skipped(told, "difference")
            known.text = _render_failures(step)
            case.result = known
        case Status.PASSED | Status.FLAKY:  # no step is flaky
            pass
    printed = [f"$ {make_visible(step.command)}"] if step.command else []
    printed += [make_visible(step.output)] if step.output else []
    if step.status is not Status.KNOWN_DIFFERENCE and (told := describe_difference(step)):
        printed.append(told)
    if printed:
        case.system_out = "\n".join(printed)
    return case


def _render_failures(step: StepResult) -> str:
    return "\n".join(render_failure(failure) for failure in step.failures)


def _summarise(failures: tuple[Failure, ...]) -> str:
    """One line for the lists that viewers show: the message, or the places that differ."""
    parts = [join_lines(render_failure(failure)) for failure in failures if is_message(failure)]
    places = [join_lines(failure.where) for failure in failures if not is_message(failure)]
    if places:
        parts.append(f"not as expected: {', '.join(place or 'the result' for place in places)}")
    return "; ".join(parts)

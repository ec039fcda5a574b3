from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

from hypothesis import HealthCheck, given, settings

from pausedemo.core.verdicts.results import RunResult
from pausedemo.report.junit import render_junit
from tests.report.example import EXAMPLE, OTHER_ENGINE
from tests.report.golden import assert_golden
from tests.report.hostile import RUNS

# Element: attributes it must have, attributes it may have, children it may have. From the
# xunit plugin's junit-10.xsd, as far as we use it.
SCHEMA: dict[str, tuple[set[str], set[str], set[str]]] = {
    "testsuites": (set(), {"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors"},
        {"time", "skipped"},
        {"properties", "testcase"},
    ),
    "properties": (set(), set(), {"property"}),
    "property": ({"name", "value"}, set(), set()),
    "testcase": (
        {"name"},
        {"time", "classname"},
        {"failure", "error", "skipped", "system-out"},
    ),
    "failure": ({"type"}, {"message"}, set()),
    "error": ({"type"}, {"message"}, set()),
    "skipped": (set(), {"message", "type"}, set()),
    "system-out": (set(), set(), set()),
}


def _assert_valid(text: str) -> ElementTree.Element:
    root = ElementTree.fromstring(text.encode())  # noqa: S314
    assert root.tag == "testsuites"
    for element in root.iter():
        required, optional, children = SCHEMA[element.tag]
        assert required <= set(element.attrib) <= required | optional
        assert re.fullmatch(r"[0-9]*(\.[0-9]*)?", element.get("time", "0"))
        assert {child.tag for child in element} <= children
    return root


def test_the_whole_report_is_as_it_was() -> None:
    assert_golden("run.junit.xml", render_junit(EXAMPLE))
    assert_golden("other-run.junit.xml", render_junit(OTHER_ENGINE))


def test_the_report_keeps_to_the_schema() -> None:
    root = _assert_valid(render_junit(EXAMPLE))
    assert root.attrib == {
        "name": "pausedemo",
        "tests": "6",
        "failures": "2",
        "errors": "1",
        "time": "80.15",
    }


def test_what_ended_the_run_early_is_an_error_of_its_own() -> None:
    root = _assert_valid(render_junit(replace(EXAMPLE, scenarios=(), ended_by="no such image\x1b")))
    assert (root.get("tests"), root.get("errors")) == ("1", "1")
    case = root.find("testsuite/testcase")
    assert case is not None
    error = case.find("error")
    assert error is not None
    assert case.get("name") == "all scenarios are played"
    assert str(error.get("message")).startswith("no such image")


def test_a_known_difference_is_no_failure_and_a_flaky_scenario_is_one() -> None:
    root = _assert_valid(render_junit(OTHER_ENGINE))
    results = {
        (case.get("classname"), case.get("name")): (child.tag, child.get("type"))
        for case in root.iter("testcase")
        for child in case
        if child.tag != "system-out"
    }
    assert results == {
        ("ipc-share", "/dev/shm is the same file system"): ("skipped", "difference"),
        ("zombies", "no zombie is left"): ("failure", "expectation"),
        ("zombies", "every attempt goes well"): ("failure", "flaky"),
        ("oom-score", "applies to this engine"): ("skipped", None),
    }


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(RUNS)
def test_any_run_gives_well_formed_xml(run: RunResult) -> None:
    root = _assert_valid(render_junit(run))
    cases = list(root.iter("testcase"))
    assert len(cases) == (run.ended_by != "") + sum(
        len(scenario.steps) + (len(scenario.attempts) > 1) + (scenario.not_applicable != "")
        for scenario in run.scenarios
    )
    assert root.get("tests") == str(len(cases))

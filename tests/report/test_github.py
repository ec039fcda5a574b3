from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pausedemo.core.verdicts.results import (
    EngineFacts,
    RunResult,
    ScenarioResult,
    Status,
    StepResult,
)
from pausedemo.report.github import (
    escape_data,
    escape_property,
    render_annotations,
    render_step_summary,
)
from tests.report.example import EXAMPLE, OTHER_ENGINE
from tests.report.golden import assert_golden
from tests.report.hostile import RUNS, TEXTS

COMMAND = re.compile(r"::(error|warning|notice) title=([^:,\r\n]*)(,file=[^:,\r\n]*)?::[^\r\n]*")


@pytest.mark.parametrize(
    ("text", "data", "value"),
    [
        ("plain", "plain", "plain"),
        ("100%", "100%25", "100%25"),
        ("%0A", "%250A", "%250A"),
        ("a\r\nb", "a%0D%0Ab", "a%0D%0Ab"),
        ("a: b, c", "a: b, c", "a%3A b%2C c"),
        ("::stop::", "::stop::", "%3A%3Astop%3A%3A"),
    ],
)
def test_escaping_follows_the_rules_of_the_runner(text: str, data: str, value: str) -> None:
    assert (escape_data(text), escape_property(text)) == (data, value)


@given(st.text())
def test_escaped_text_comes_back(text: str) -> None:
    value = escape_property(text)
    for code, character in (("2C", ","), ("3A", ":"), ("0A", "\n"), ("0D", "\r"), ("25", "%")):
        value = value.replace(f"%{code}", character)
    assert value == text


def test_all_annotations_are_as_they_were() -> None:
    assert_golden("annotations.txt", render_annotations(EXAMPLE))
    assert_golden("other-annotations.txt", render_annotations(OTHER_ENGINE))


def test_the_whole_summary_is_as_it_was() -> None:
    assert_golden("summary.md", render_step_summary(EXAMPLE))
    assert_golden("other-summary.md", render_step_summary(OTHER_ENGINE))


def test_what_ended_a_run_early_stands_first() -> None:
    run = replace(EXAMPLE, ended_by="stopped by SIGTERM")
    told = "::error title=pausedemo%3A ended early::stopped by SIGTERM\n"
    assert render_annotations(run) == told + render_annotations(EXAMPLE)
    assert "\n\nEnded early: stopped by SIGTERM\n\n" in render_step_summary(run)
    assert "Ended early" not in render_step_summary(EXAMPLE)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(RUNS)
def test_any_run_gives_one_command_a_line(run: RunResult) -> None:
    steps = [step for scenario in run.scenarios for step in scenario.steps]
    matches = [COMMAND.fullmatch(line) for line in render_annotations(run).splitlines()]
    assert Counter(match and match[1] for match in matches) == Counter(
        error=sum(step.status in (Status.FAILED, Status.ERROR) for step in steps)
        + run.totals[Status.FLAKY]
        + (run.ended_by != ""),
        warning=sum(len(scenario.stale) for scenario in run.scenarios),
        notice=1
        + any(image.substitute for image in run.images)
        + any(step.status is Status.KNOWN_DIFFERENCE and step.difference for step in steps),
    )


def _run_one(name: str, output: str, steps: int = 1) -> RunResult:
    step = StepResult(name=name, kind="exec", command="true", status=Status.FAILED, output=output)
    scenario = ScenarioResult(
        name="s", title="t", source="s.yaml", steps=(step,) * steps, duration_s=1.0
    )
    engine = EngineFacts("e", "1", "1.41", "runc")
    return RunResult(engine=engine, images=(), scenarios=(scenario,))


@given(TEXTS)
def test_no_output_ends_its_own_code_block(output: str) -> None:
    summary = render_step_summary(_run_one("n", output))
    fences = re.findall(r"^(`{3,})(?:console|text)?$", summary, re.MULTILINE)
    longest = max((len(run) for run in re.findall("`+", output)), default=0)
    assert len(fences[-1]) > longest


def test_a_name_is_no_markup() -> None:
    summary = render_step_summary(_run_one("<b>|*x*|@me [l](http://u) `c`\nnext", ""))
    title = r"FAIL s: &lt;b&gt;\|\*x\*\|&#64;me \[l\](http&#58;//u) \`c\` next"
    assert f"### {title}\n" in summary


def test_a_summary_stays_below_what_github_takes() -> None:
    summary = render_step_summary(_run_one("n", "x" * 499 + "\n" + "y\n" * 50, steps=5000))
    assert len(summary.encode()) < 1024 * 1024
    assert re.search(r"\n\d+ more steps went wrong; see the log\.\n$", summary)

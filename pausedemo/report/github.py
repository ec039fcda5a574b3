"""A run as GitHub Actions shows it: annotations, and the summary page of the job.

Escaping follows ``packages/core/src/command.ts`` of github.com/actions/toolkit. The summary is
GitHub Flavored Markdown for the file that ``$GITHUB_STEP_SUMMARY`` names.
"""

from __future__ import annotations

from typing import Final

from pausedemo.core.verdicts.results import RunResult, ScenarioResult, Status, StepResult
from pausedemo.report.comparison import render_failure
from pausedemo.report.markdown import escape_inline, fence
from pausedemo.report.text import (
    STATUS_NAMES,
    STATUS_WORDS,
    describe_attempts,
    describe_difference,
    describe_steps,
    excerpt_output,
    format_duration,
    format_totals,
    join_lines,
    list_known,
    list_stale,
    list_substitutes,
    make_visible,
)

# GitHub refuses a summary of more than 1 MiB as a whole ("Job summaries" in its workflow
# command reference); what a step adds stays well below, the totals included.
_DETAILS_BYTES_MAX: Final = 800_000


def escape_data(text: str) -> str:
    """The message part of a workflow command: one line, whatever ``text`` holds."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    """A property's value: colon and comma would end it."""
    return escape_data(text).replace(":", "%3A").replace(",", "%2C")


def render_annotations(result: RunResult) -> str:
    """Workflow commands, one a line: errors, a warning per stale difference, then notices.

    An error is what ended the run early, a step gone wrong, or a flaky scenario. GitHub shows
    only the first ten of each kind, so errors stand in the order of the run, and totals, like
    known differences, are one notice.
    """
    lines = []
    if result.ended_by:
        lines.append(render_command("error", {"title": "pausedemo: ended early"}, result.ended_by))
    lines += [line for scenario in result.scenarios for line in _render_errors(scenario)]
    lines += [
        render_command(
            "warning",
            _locate(scenario, f"{step.name} (stale difference)"),
            f"{describe_difference(step)}\nTake it out of the scenario's file.",
        )
        for scenario in result.scenarios
        for step, _ in scenario.stale
    ]
    lines.append(render_command("notice", {"title": "pausedemo"}, format_totals(result)))
    if substitutes := list_substitutes(result):
        title = "pausedemo: substitute images"
        lines.append(render_command("notice", {"title": title}, "\n".join(substitutes)))
    if known := list_known(result):
        title = "pausedemo: known differences"
        lines.append(render_command("notice", {"title": title}, "\n".join(known)))
    return "".join(f"{line}\n" for line in lines)


def _render_errors(scenario: ScenarioResult) -> list[str]:
    lines = []
    if scenario.status is Status.FLAKY:
        properties = _locate(scenario, STATUS_NAMES[Status.FLAKY])
        lines.append(render_command("error", properties, describe_attempts(scenario)))
    for step in scenario.steps:
        if step.status in (Status.FAILED, Status.ERROR):
            message = [f"$ {step.command}"] if step.command else []
            message += [render_failure(failure) for failure in step.failures]
            message += [told] if (told := describe_difference(step)) else []
            properties = _locate(scenario, f"{step.name} ({step.status.value})")
            text = "\n".join(message) or step.status.value
            lines.append(render_command("error", properties, text))
    return lines


def _locate(scenario: ScenarioResult, what: str) -> dict[str, str]:
    properties = {"title": f"{scenario.name}: {what}"}
    return {**properties, "file": scenario.source} if scenario.source else properties


def render_command(name: str, properties: dict[str, str], message: str) -> str:
    """One workflow command, escaped; what GitHub shows of it is made visible first."""
    pairs = ",".join(
        f"{key}={escape_property(make_visible(value))}" for key, value in properties.items()
    )
    return f"::{name} {pairs}::{escape_data(make_visible(message))}"


def render_step_summary(result: RunResult) -> str:
    """Markdown: totals, a table of the scenarios, the substitutes, and what went wrong."""
    engine = result.engine
    parts = [
        f"## pausedemo: {format_totals(result)}",
        f"{escape_inline(engine.name)} {escape_inline(engine.version)}, "
        f"API {escape_inline(engine.api_version)}, runtime {escape_inline(engine.runtime)}",
    ]
    if result.ended_by:
        parts.append(f"Ended early: {escape_inline(join_lines(result.ended_by))}")
    if result.scenarios:
        rows = ["| | scenario | steps | time |", "| --- | --- | --- | --- |"]
        rows += [_render_row(scenario) for scenario in result.scenarios]
        parts.append("\n".join(rows))
    for title, found in (
        ("Substitute images", list_substitutes(result)),
        ("Known differences", list_known(result)),
        ("Differences that a scenario's file lists and that did not show", list_stale(result)),
    ):
        if found:
            lines = [f"{title}:", "", *(f"- {escape_inline(line)}" for line in found)]
            parts.append("\n".join(lines))
    return "\n\n".join([*parts, *_render_details(result)]) + "\n"


def _render_row(scenario: ScenarioResult) -> str:
    facts = [describe_attempts(scenario), describe_steps(scenario)]
    steps = escape_inline(", ".join(fact for fact in facts if fact))
    title = f"**{escape_inline(scenario.name)}** {escape_inline(scenario.title)}"
    return (
        f"| {STATUS_WORDS[scenario.status]} | {title} "
        f"| {steps} | {format_duration(scenario.duration_s)} |"
    )


def _render_details(result: RunResult) -> list[str]:
    """One section per step gone wrong, as many as a summary can hold."""
    bad = [
        (scenario, step)
        for scenario in result.scenarios
        for step in scenario.steps
        if step.status in (Status.FAILED, Status.ERROR)
    ]
    sections: list[str] = []
    left = _DETAILS_BYTES_MAX
    for scenario, step in bad:
        section = _render_section(scenario, step)
        left -= len(section.encode())
        if left < 0:
            sections.append(f"{len(bad) - len(sections)} more steps went wrong; see the log.")
            break
        sections.append(section)
    return sections


def _render_section(scenario: ScenarioResult, step: StepResult) -> str:
    word = STATUS_WORDS[step.status]
    title = f"{word} {escape_inline(scenario.name)}: {escape_inline(step.name)}"
    parts = [f"### {title}"]
    if step.command:
        parts.append(fence(f"$ {make_visible(step.command)}", "console"))
    if step.failures:
        parts.append(fence("\n".join(render_failure(failure) for failure in step.failures)))
    if step.difference:
        parts.append(escape_inline(describe_difference(step)))
    if step.explain:
        parts.append(escape_inline(step.explain))
    if step.output:
        shown = excerpt_output(step.output, head=80, tail=20)
        lines = [*shown.head, *([shown.note] if shown.note else []), *shown.tail]
        output = fence("\n".join(lines))
        parts.append(f"<details><summary>Output</summary>\n\n{output}\n\n</details>")
    return "\n\n".join(parts)

"""A scenario that went wrong, as pytest shows it: as on pausedemo's own console."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

from rich.console import Console

from pausedemo.core.files.yamltext import load_documents
from pausedemo.core.verdicts.results import ScenarioResult, Status, StepResult
from pausedemo.errors import PausedemoError
from pausedemo.pytest_plugin.told import Crash, ScenarioRepr
from pausedemo.report.comparison import is_message, render_failure
from pausedemo.report.console.failure import print_failure
from pausedemo.report.console.paint import Painter
from pausedemo.report.text import STATUS_NAMES, describe_difference, join_lines, make_visible

TOLD = (Status.FAILED, Status.ERROR, Status.KNOWN_DIFFERENCE)


def represent(result: ScenarioResult, width: int) -> ScenarioRepr:
    """The failure in both forms, and where it is in the file. ``width`` in columns."""
    index, step = next(
        (place for place in enumerate(result.steps) if place[1].status is result.status),
        (len(result.steps), None),
    )
    crash = Crash(result.source, _find_line(result.source, index), _summarise(result, step))
    return ScenarioRepr(
        plain=_print(result, crash, width, colour=False),
        coloured=_print(result, crash, width, colour=True),
        reprcrash=crash,
    )


def describe_known(result: ScenarioResult) -> str:
    """The known differences that showed, each with the file's reason, on one line."""
    return "; ".join(
        f"{join_lines(step.name)}: {describe_difference(step)}"
        for step in result.steps
        if step.status is Status.KNOWN_DIFFERENCE
    )


def describe_stale(result: ScenarioResult) -> list[str]:
    """The differences that the file lists and the engine did not show, a line for each."""
    return [
        f"{join_lines(result.name)}, {join_lines(step.name)}: {describe_difference(step)}"
        for step, _ in result.stale
    ]


def _print(result: ScenarioResult, crash: Crash, width: int, *, colour: bool) -> str:
    output = io.StringIO()
    console = Console(
        file=output,
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=not colour,
        legacy_windows=False,
    )
    painter = Painter(console)
    painter.print_prose(result.title, style="bold")
    painter.print_line()
    for number, step in enumerate(result.steps, 1):
        painter.print_line(
            painter.verdict(step.status),
            (f" [{number}/{len(result.steps)}] ", "cyan"),
            (step.name, "bold"),
        )
        if step.status in TOLD:
            _print_told(painter, step)
    painter.print_line()
    painter.print_line((str(crash), ""))
    return output.getvalue()


def _print_told(painter: Painter, step: StepResult) -> None:
    if step.command:
        painter.print_command(step.command)
    painter.print_output(step.output)
    if step.difference is not None:
        painter.print_prose(describe_difference(step), indent=4)
    for failure in step.failures:
        if not (is_message(failure) and make_visible(str(failure.actual)) == step.output):
            print_failure(painter, failure)
    if step.explain.strip():
        painter.print_line()
        painter.print_prose(step.explain, indent=2)


def _summarise(result: ScenarioResult, step: StepResult | None) -> str:
    """One line: which step, and which of its facts are not as expected."""
    if step is None:
        return STATUS_NAMES[result.status]
    messages = [join_lines(render_failure(one)) for one in step.failures if is_message(one)]
    places = [join_lines(one.where) or "the result" for one in step.failures if not is_message(one)]
    if places:
        messages.append(f"not as expected: {', '.join(places)}")
    return f"{join_lines(step.name)}: {'; '.join(messages) or STATUS_NAMES[step.status]}"


def _find_line(source: str, index: int) -> int:
    """The line of a step, from 1; the file's first when it cannot be told any more."""
    with contextlib.suppress(PausedemoError, OSError, UnicodeDecodeError, IndexError):
        document = load_documents(Path(source).read_text(encoding="utf-8"), source)[0]
        return document.place(("steps", index))[0]
    return 1

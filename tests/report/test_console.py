from __future__ import annotations

import io
import re
import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from rich.console import Console

from pausedemo.core.verdicts.results import (
    EngineFacts,
    Failure,
    RunResult,
    ScenarioResult,
    Status,
    StepResult,
)
from pausedemo.report.console import ConsoleReporter
from pausedemo.scenario.listener import Listener, SilentListener
from tests.report.example import EXAMPLE, OTHER_ENGINE, replay
from tests.report.golden import assert_golden
from tests.report.hostile import RUNS

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
STEP = StepResult(name="n", kind="exec", command="c", status=Status.PASSED)


class _HeldClock:
    """Time that moves only when told to."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.now_s, UTC)

    def monotonic(self) -> float:
        return self.now_s

    def wait(self, event: threading.Event, timeout_s: float) -> bool:
        self.now_s += timeout_s
        return event.is_set()


def _open(
    width: int = 80,
    encoding: str = "utf-8",
    terminal: bool = False,
    environ: dict[str, str] | None = None,
) -> Console:
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="")
    known = {"TERM": "xterm-256color", **(environ or {})}
    return Console(file=file, width=width, force_terminal=terminal, _environ=known)


def _read(console: Console) -> str:
    console.file.seek(0)
    return console.file.read()


def _render(run: RunResult, console: Console, quiet: bool = False) -> str:
    with ConsoleReporter(console, quiet, _HeldClock()) as reporter:
        replay(reporter, run)
    return _read(console)


def _run_step(step: StepResult) -> RunResult:
    scenario = ScenarioResult(name="s", title="t", source="", steps=(step,), duration_s=0)
    return RunResult(engine=EngineFacts("e", "1", "1", "r"), images=(), scenarios=(scenario,))


@pytest.mark.parametrize(
    ("golden", "run", "quiet", "width", "encoding"),
    [
        ("console.txt", EXAMPLE, False, 80, "utf-8"),
        ("console-quiet.txt", EXAMPLE, True, 80, "utf-8"),
        ("console-ascii.txt", EXAMPLE, False, 80, "ascii"),
        ("console-narrow.txt", EXAMPLE, False, 40, "utf-8"),
        ("other-console.txt", OTHER_ENGINE, False, 80, "utf-8"),
        ("other-console-quiet.txt", OTHER_ENGINE, True, 80, "utf-8"),
        ("other-console-ascii.txt", OTHER_ENGINE, False, 80, "ascii"),
    ],
)
def test_the_whole_output_is_as_it_was(
    golden: str, run: RunResult, quiet: bool, width: int, encoding: str
) -> None:
    assert_golden(golden, _render(run, _open(width, encoding), quiet))


def test_a_terminal_gets_the_same_words_in_colour() -> None:
    # Quiet has no spinner, whose lines are drawn and erased: only colours are left.
    coloured = _render(EXAMPLE, _open(120, terminal=True), quiet=True)
    assert "\x1b[1;32m✓ PASS \x1b[0m" in coloured
    assert "\x1b[1;31m✗ FAIL \x1b[0m" in coloured
    assert COLOUR.sub("", coloured) == _render(EXAMPLE, _open(120), quiet=True)


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_that_wants_no_codes_gets_none(environ: dict[str, str]) -> None:
    text = _render(EXAMPLE, _open(terminal=True, environ=environ))
    assert "\x1b" not in text
    assert "  ✓ PASS\n" in text


def test_ascii_output_holds_ascii_only() -> None:
    text = _render(_run_step(replace(STEP, output="naïve ✓\n")), _open(encoding="ascii"))
    assert text.isascii()
    assert "  | na\\xefve \\u2713\n  + PASS\n" in text


@pytest.mark.parametrize("terminal", [False, True])
def test_a_command_stays_whole_and_as_it_is(terminal: bool) -> None:
    command = "kubectl exec p -- sh -c 'echo [bold]:smile: " + "x " * 100 + "'"
    text = _render(_run_step(replace(STEP, command=command)), _open(terminal=terminal))
    assert f"  $ {command}\n" in COLOUR.sub("", text)


def test_a_command_known_only_at_the_end_is_shown_then() -> None:
    console = _open()
    reporter = ConsoleReporter(console, quiet=False, clock=_HeldClock())
    reporter.scenario_started("s", "t", 1)
    reporter.step_started("stop", "stop", "docker stop POD")
    reporter.step_finished(replace(STEP, name="stop", command="docker stop 3f2a"))
    reporter.step_finished(replace(STEP, name="teardown", command="docker rm 3f2a"))
    assert _read(console).endswith(
        "\n[1/1] stop\n  $ docker stop POD\n  $ docker stop 3f2a\n  ✓ PASS\n"
        "\nteardown\n  $ docker rm 3f2a\n  ✓ PASS\n"
    )


def test_long_lines_of_output_fold_on_a_terminal_and_stay_whole_in_a_file() -> None:
    run = _run_step(replace(STEP, output="one two three four five six seven eight"))
    folded = COLOUR.sub("", _render(run, _open(24, terminal=True)))
    assert "  │ one two three four\n  │   ↪ five six seven\n  │   ↪ eight\n" in folded
    assert "  │ one two three four five six seven eight\n" in _render(run, _open(24))


def test_no_line_of_output_is_a_workflow_command() -> None:
    run = _run_step(replace(STEP, output="::error::x\n  ::set-env name=A::b\n"))
    text = _render(run, _open())
    assert "::set-env" in text
    assert [line for line in text.splitlines() if line.lstrip().startswith("::")] == []


def test_a_failure_too_wide_for_two_columns_is_stacked() -> None:
    failure = Failure("ps", [{"command": "a" * 40}, 1], [{"command": "b" * 40}, 1])
    step = replace(STEP, status=Status.FAILED, failures=(failure,))
    rows = f"      missing   command={'a' * 40}\n      extra     command={'b' * 40}\n"
    assert f"    ps:\n{rows}      found     1\n" in _render(_run_step(step), _open())


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(RUNS)
def test_nothing_of_a_run_reaches_the_terminal_as_a_control_character(run: RunResult) -> None:
    for quiet in (False, True):
        text = _render(run, _open(), quiet)
        assert [c for c in text if (c < " " and c != "\n") or "\x7f" <= c < "\xa0"] == []
    assert "\x1b" not in COLOUR.sub("", _render(run, _open(terminal=True), quiet=True))


def test_slow_work_says_where_it_is_every_ten_seconds() -> None:
    console = _open()
    clock = _HeldClock()
    reporter = ConsoleReporter(console, quiet=False, clock=clock)
    reporter.task_started("build ghost")
    for second in range(1, 26):
        clock.now_s = float(second)
        reporter.task_progress("build ghost", second / 50 if second < 20 else None)
    reporter.task_finished("build ghost")
    reporter.task_started("pull nginx")
    reporter.task_finished("pull nginx")
    reporter.task_finished("never started")
    assert _read(console).splitlines() == [
        "... build ghost",
        "... build ghost: 20% after 10.0 s",
        "... build ghost: 20.0 s",
        "... build ghost: took 25.0 s",
        "... pull nginx",
    ]


def _interrupt_slow_work(console: Console) -> None:
    with ConsoleReporter(console, quiet=False) as reporter:
        reporter.task_started("build [bold]ghost[/bold] " + "x" * 80)
        reporter.task_progress("build [bold]ghost[/bold] " + "x" * 80, 0.5)
        raise InterruptedError


def test_slow_work_moves_on_a_terminal_and_gives_the_cursor_back() -> None:
    console = _open(terminal=True)
    with pytest.raises(InterruptedError):
        _interrupt_slow_work(console)
    text = _read(console)
    assert "build [bold]ghost[/bold] x" in COLOUR.sub("", text)
    assert " 50% " in COLOUR.sub("", text)
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")


def test_quiet_says_nothing_of_slow_work() -> None:
    console = _open(terminal=True)
    reporter = ConsoleReporter(console, quiet=True)
    reporter.task_started("build ghost")
    reporter.task_progress("build ghost", 0.5)
    reporter.task_finished("build ghost")
    assert _read(console) == ""


def test_the_silent_listener_takes_every_call_and_says_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    listener: Listener = SilentListener()
    replay(listener, EXAMPLE)
    listener.task_started("x")
    listener.task_progress("x", None)
    listener.task_finished("x")
    assert capsys.readouterr() == ("", "")

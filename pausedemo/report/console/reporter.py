"""The listener that tells a person what a run does and finds."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console

from pausedemo.clock import Clock, SystemClock
from pausedemo.core.verdicts.results import (
    EngineFacts,
    ImageUse,
    RunResult,
    ScenarioResult,
    Status,
    StepResult,
)
from pausedemo.errors import EXIT_PASSED
from pausedemo.report.console.failure import print_failure
from pausedemo.report.console.paint import STATUS_STYLES, Painter
from pausedemo.report.console.progress import SlowWork
from pausedemo.report.text import (
    describe_attempts,
    describe_difference,
    describe_steps,
    format_duration,
    format_totals,
    list_stale,
    list_substitutes,
)


class ConsoleReporter:
    """A Listener that writes to ``console``. ``quiet``: verdicts, failures and summary only.

    Colour and moving parts need a terminal that knows them, and no ``NO_COLOR``; otherwise it
    writes plain lines. ``before_step`` is called when a step has been announced and is not done
    yet; it may wait for a person. Use it as a context manager, or call ``close``: an interrupted
    run must give the terminal its cursor back.
    """

    def __init__(
        self,
        console: Console,
        quiet: bool,
        clock: Clock | None = None,
        before_step: Callable[[], None] | None = None,
    ) -> None:
        self._painter = Painter(console)
        self._slow = SlowWork(self._painter, clock or SystemClock())
        self._quiet = quiet
        self._before_step = before_step
        self._step_number = 0
        self._steps_total = 0
        self._announced: tuple[str, str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Take the progress display away. May be called twice."""
        self._slow.close()

    def run_started(self, engine: EngineFacts) -> None:
        if not self._quiet:
            facts = f"{engine.name} {engine.version}, API {engine.api_version}"
            line = f"{facts}, runtime {engine.runtime}"
            self._painter.print_line(("Engine: ", "bold"), (line, ""))

    def image_resolved(self, image: ImageUse) -> None:
        if self._quiet:
            return
        if image.substitute:
            line, mark = f"{image.used} stands in for {image.wanted}", " (substitute)"
        elif image.used != image.wanted:
            line, mark = f"{image.used} is {image.wanted}", ""
        else:
            line, mark = image.wanted, ""
        self._painter.print_line(("Image:  ", "bold"), (line, ""), (mark, "yellow"))

    def scenario_started(self, name: str, title: str, steps_total: int) -> None:
        self._step_number = 0
        self._steps_total = steps_total
        if not self._quiet:
            self._painter.print_line()
            self._painter.print_rule(name)
            self._painter.print_prose(title, style="bold")

    def step_started(self, name: str, kind: str, command: str) -> None:
        del kind  # the command says it better
        if not self._quiet:
            self._announce(name, command)
            if self._before_step is not None:
                self._before_step()
            self._slow.start(name, minor=True)

    def step_finished(self, step: StepResult) -> None:
        if self._quiet:
            return
        self._slow.finish(step.name)
        if self._announced is None:
            self._announce(step.name, step.command)
        elif self._announced != (step.name, step.command) and step.command:
            # Only the end knows what was really done: a container's id, for instance.
            self._painter.print_command(step.command)
        self._announced = None
        self._painter.print_output(step.output)
        took = f" {format_duration(step.duration_s)}" if step.duration_s > 1 else ""
        self._painter.print_line(("  ", ""), self._painter.verdict(step.status), (took, ""))
        self._print_difference(step)
        for failure in step.failures:
            print_failure(self._painter, failure)
        if step.explain.strip():
            self._painter.print_line()
            self._painter.print_prose(step.explain, indent=2)

    def scenario_finished(self, scenario: ScenarioResult) -> None:
        if not self._quiet:
            self._painter.print_line()
        self._print_scenario(scenario)
        if self._quiet:
            for step in _list_told_steps(scenario):
                self._print_told_step(step)

    def run_finished(self, run: RunResult) -> None:
        self.close()
        self._painter.print_line()
        if not self._quiet:
            self._painter.print_rule("Summary")
            for scenario in run.scenarios:
                self._print_scenario(scenario)
                for step in _list_told_steps(scenario):
                    self._print_step_name(step)
                    self._print_difference(step)
        for line in list_substitutes(run):
            self._painter.print_line(("Substitute: ", "bold yellow"), (line, ""))
        for line in list_stale(run):
            self._painter.print_line(("Stale: ", "bold yellow"), (line, ""))
        passed = run.exit_code == EXIT_PASSED
        style = STATUS_STYLES[Status.PASSED if passed else Status.FAILED]
        self._painter.print_line((format_totals(run), style))

    def task_started(self, text: str, *, minor: bool = False) -> None:
        if not self._quiet:
            self._slow.start(text, minor=minor)

    def task_progress(self, text: str, fraction: float | None, doing: str = "") -> None:
        if not self._quiet:
            self._slow.update(text, fraction, doing)

    def task_finished(self, text: str) -> None:
        if not self._quiet:
            self._slow.finish(text)

    def _announce(self, name: str, command: str) -> None:
        self._announced = name, command
        self._step_number += 1
        # Trouble of teardown comes as a step that nobody counted before.
        counted = self._step_number <= self._steps_total
        number = f"[{self._step_number}/{self._steps_total}] " if counted else ""
        self._painter.print_line()
        self._painter.print_line((number, "cyan"), (name, "bold"))
        if command:
            self._painter.print_command(command)

    def _print_scenario(self, scenario: ScenarioResult) -> None:
        facts = [describe_attempts(scenario), describe_steps(scenario)]
        facts += [] if scenario.not_applicable else [format_duration(scenario.duration_s)]
        self._painter.print_line(
            self._painter.verdict(scenario.status),
            (f" {scenario.name}", "bold"),
            (f"  {', '.join(fact for fact in facts if fact)}", ""),
        )

    def _print_difference(self, step: StepResult) -> None:
        # One that did not show is told at the end, where it can be acted on.
        if step.status is not Status.PASSED:
            self._painter.print_prose(describe_difference(step), indent=4)

    def _print_step_name(self, step: StepResult) -> None:
        self._painter.print_line(
            ("  ", ""), self._painter.verdict(step.status), (f" {step.name}", "")
        )

    def _print_told_step(self, step: StepResult) -> None:
        self._print_step_name(step)
        self._print_difference(step)
        if step.status is Status.KNOWN_DIFFERENCE:
            return
        if step.command:
            self._painter.print_command(step.command)
        self._painter.print_output(step.output)
        for failure in step.failures:
            print_failure(self._painter, failure)


def _list_told_steps(scenario: ScenarioResult) -> list[StepResult]:
    """Steps that a summary names: those gone wrong, and those that differ as is known."""
    told = (Status.FAILED, Status.ERROR, Status.KNOWN_DIFFERENCE)
    return [step for step in scenario.steps if step.status in told]

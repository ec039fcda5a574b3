"""What a run tells whoever watches it, while it happens.

The runner calls; a reporter listens. Nothing a listener does changes what is found.
"""

from __future__ import annotations

from typing import Protocol

from pausedemo.core.verdicts.results import (
    EngineFacts,
    ImageUse,
    RunResult,
    ScenarioResult,
    StepResult,
)


class Listener(Protocol):
    """Told of a run's events, in order.

    Scenario and step calls come from one thread, one scenario after another: a runner that
    works on several at once gives each a listener that keeps, and hands on whole scenarios.
    The three ``task_`` calls may come from any thread and at any time. ``text`` is the task's
    name: the same in all three calls of one task.
    """

    def run_started(self, engine: EngineFacts) -> None: ...

    def image_resolved(self, image: ImageUse) -> None: ...

    def scenario_started(self, name: str, title: str, steps_total: int) -> None: ...

    def step_started(self, name: str, kind: str, command: str) -> None:
        """Before the step does anything. May wait, so that a person can say when to go on."""
        ...

    def step_finished(self, step: StepResult) -> None:
        """Also for trouble of setup and teardown, which no ``step_started`` announced."""
        ...

    def scenario_finished(self, scenario: ScenarioResult) -> None: ...

    def run_finished(self, run: RunResult) -> None: ...

    def task_started(self, text: str, *, minor: bool = False) -> None:
        """Slow work begins that is no step: an image is pulled or built, an engine started.

        ``minor``: it is told whole later, as a scenario is, and worth no line of a log.
        """
        ...

    def task_progress(self, text: str, fraction: float | None, doing: str = "") -> None:
        """``fraction`` is 0.0 to 1.0; None where it is not known. ``doing``: what it is at."""
        ...

    def task_finished(self, text: str) -> None: ...


class SilentListener:
    """Listens and says nothing."""

    def run_started(self, engine: EngineFacts) -> None:
        pass

    def image_resolved(self, image: ImageUse) -> None:
        pass

    def scenario_started(self, name: str, title: str, steps_total: int) -> None:
        pass

    def step_started(self, name: str, kind: str, command: str) -> None:
        pass

    def step_finished(self, step: StepResult) -> None:
        pass

    def scenario_finished(self, scenario: ScenarioResult) -> None:
        pass

    def run_finished(self, run: RunResult) -> None:
        pass

    def task_started(self, text: str, *, minor: bool = False) -> None:
        pass

    def task_progress(self, text: str, fraction: float | None, doing: str = "") -> None:
        pass

    def task_finished(self, text: str) -> None:
        pass

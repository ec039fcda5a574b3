"""What a scenario tells while others are played too: kept, and handed on whole."""

from __future__ import annotations

import threading
from collections.abc import Callable

from pausedemo.core.verdicts.results import (
    EngineFacts,
    ImageUse,
    RunResult,
    ScenarioResult,
    StepResult,
)
from pausedemo.scenario.ending import check_ending
from pausedemo.scenario.listener import Listener


class Recorder:
    """A Listener that keeps what one attempt at a scenario tells, for ``replay``.

    Meanwhile the real listener shows under ``task`` at which step it is. Once ``ending`` is set,
    no step begins: Interrupted ends the scenario instead.
    """

    def __init__(self, listener: Listener, task: str, ending: threading.Event) -> None:
        self._listener = listener
        self._task = task
        self._ending = ending
        self._calls: list[Callable[[Listener], None]] = []

    def replay(self, listener: Listener) -> None:
        """Tell it all but the scenario's end, whose result may yet become another."""
        for call in self._calls:
            call(listener)

    def scenario_started(self, name: str, title: str, steps_total: int) -> None:
        self._listener.task_started(self._task, minor=True)
        self._calls.append(lambda listener: listener.scenario_started(name, title, steps_total))

    def step_started(self, name: str, kind: str, command: str) -> None:
        check_ending(self._ending)
        self._listener.task_progress(self._task, None, name)
        self._calls.append(lambda listener: listener.step_started(name, kind, command))

    def step_finished(self, step: StepResult) -> None:
        self._calls.append(lambda listener: listener.step_finished(step))

    def scenario_finished(self, scenario: ScenarioResult) -> None:
        del scenario
        self._listener.task_finished(self._task)

    # The rest is a run's to tell, and comes from any thread.

    def run_started(self, engine: EngineFacts) -> None:
        self._listener.run_started(engine)

    def image_resolved(self, image: ImageUse) -> None:
        self._listener.image_resolved(image)

    def run_finished(self, run: RunResult) -> None:
        self._listener.run_finished(run)

    def task_started(self, text: str, *, minor: bool = False) -> None:
        self._listener.task_started(text, minor=minor)

    def task_progress(self, text: str, fraction: float | None, doing: str = "") -> None:
        self._listener.task_progress(text, fraction, doing)

    def task_finished(self, text: str) -> None:
        self._listener.task_finished(text)

"""Threads that play scenarios at once, and hand them on whole and in order."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from pausedemo.clock import Clock
from pausedemo.core.verdicts.attempts import choose_attempt, merge_attempts
from pausedemo.core.verdicts.results import ScenarioResult
from pausedemo.errors import PausedemoError
from pausedemo.scenario.ending import EndingClock
from pausedemo.scenario.listener import Listener
from pausedemo.scenario.parse import Scenario
from pausedemo.scenario.recorder import Recorder
from pausedemo.scenario.runner import Played
from pausedemo.scenario.schedule import Plan, Schedule, Task

#: How long scenarios may take to end after they were told to, and how often they are helped.
END_TIMEOUT_S: Final = 60.0
END_POLL_S: Final = 0.3
#: The same where all is kept, and so nothing can help a thread that waits for the engine.
KEPT_END_TIMEOUT_S: Final = 3.0

#: Plays a scenario once, telling the listener, by the clock.
Play = Callable[[Scenario, Listener, Clock], Played]


@dataclass(frozen=True, slots=True)
class _Attempt:
    """An attempt that has ended: what was told meanwhile, and what came of it."""

    task: Task
    told: Recorder
    came: Played | BaseException


@dataclass(slots=True)
class Crew:
    """Plays ``scenarios`` by a plan, in threads of its own.

    ``release`` ends what the engine still does for the scenarios, so that a thread that waits for
    it can end; None where that would take away what is to be kept.
    """

    scenarios: Sequence[Scenario]
    plan: Plan
    play: Play
    clock: Clock
    listener: Listener
    release: Callable[[], object] | None = None
    results: dict[int, ScenarioResult] = field(default_factory=dict)
    fatal: PausedemoError | None = None
    _ending: threading.Event = field(default_factory=threading.Event)
    _tasks: queue.SimpleQueue[Task | None] = field(default_factory=queue.SimpleQueue)
    _ended: queue.SimpleQueue[_Attempt] = field(default_factory=queue.SimpleQueue)
    _attempts: dict[int, list[_Attempt]] = field(default_factory=dict)
    _told: int = 0

    def work(self) -> None:
        """Play all of it. ``results`` are by a scenario's place among them, ``fatal`` as in Played.

        Whatever ends it early, a signal for instance, ends the scenarios under way and takes them
        down, and hands on those that had ended before it goes on its way.
        """
        if self.plan.is_plain:
            self._work_alone()
            return
        schedule = Schedule(len(self.scenarios), self.plan)
        jobs = min(self.plan.jobs, len(self.scenarios) * self.plan.repeat)
        threads = [
            # Daemons: a request that never returns must not hold the process for ever.
            threading.Thread(target=self._play_tasks, name=f"scenarios-{number}", daemon=True)
            for number in range(jobs)
        ]
        try:
            for thread in threads:
                thread.start()
            self._hand_out(schedule, jobs)
        except BaseException:
            self._end(threads)
            schedule.stop()
            self._hand_on(schedule, all_that_ended=True)
            raise
        for _ in threads:
            self._tasks.put(None)
        for thread in threads:
            thread.join()

    def _work_alone(self) -> None:
        """Play each once, here, and tell every step as it happens."""
        for index, scenario in enumerate(self.scenarios):
            played = self.play(scenario, self.listener, self.clock)
            self.results[index] = played.result
            self.fatal = played.fatal
            bad = not played.result.status.is_good
            if self.fatal is not None or (bad and self.plan.fail_fast):
                return

    def _hand_out(self, schedule: Schedule, jobs: int) -> None:
        idle = jobs
        while True:
            while idle and (task := schedule.take()) is not None:
                self._tasks.put(task)
                idle -= 1
            if idle == jobs:
                return
            attempt = self._ended.get()
            idle += 1
            if isinstance(attempt.came, BaseException):
                raise attempt.came
            schedule.note(attempt.task, good=attempt.came.result.status.is_good)
            self._attempts.setdefault(attempt.task.index, []).append(attempt)
            if attempt.came.fatal is not None:
                self.fatal = self.fatal or attempt.came.fatal
                schedule.stop()
            self._hand_on(schedule)

    def _hand_on(self, schedule: Schedule, *, all_that_ended: bool = False) -> None:
        """Tell the scenarios that are done with, as far as all before them are, too.

        ``all_that_ended``: those before them never will be; wait for none.
        """
        while self._told < len(self.scenarios):
            if not schedule.is_done_with(self._told) and not all_that_ended:
                return
            attempts = sorted(self._attempts.get(self._told, ()), key=lambda one: one.task)
            played = [one.came.result for one in attempts if isinstance(one.came, Played)]
            if not attempts:
                self._told += 1
                continue
            # Kept first: it must not be lost to what comes while it is told.
            self.results[self._told] = result = merge_attempts(played)
            self._told += 1
            attempts[choose_attempt(played)].told.replay(self.listener)
            self.listener.scenario_finished(result)

    def _play_tasks(self) -> None:
        clock = EndingClock(self.clock, self._ending)
        while (task := self._tasks.get()) is not None and not self._ending.is_set():
            scenario = self.scenarios[task.index]
            text = scenario.name
            if self.plan.repeat > 1:
                text += f", attempt {task.attempt + 1} of {self.plan.repeat}"
            told = Recorder(self.listener, text, self._ending)
            try:
                came: Played | BaseException = self.play(scenario, told, clock)
            except BaseException as error:  # noqa: BLE001 - the main thread raises it
                came = error
                self.listener.task_finished(text)
            if self._ending.is_set():
                # What it rests on was taken away: this is no result.
                return
            self._ended.put(_Attempt(task, told, came))

    def _end(self, threads: Sequence[threading.Thread]) -> None:
        """Let every scenario take itself down, and end what its thread may be waiting for."""
        self._ending.set()
        threads = [thread for thread in threads if thread.ident is not None]  # has been started
        for _ in threads:
            self._tasks.put(None)
        timeout_s = KEPT_END_TIMEOUT_S if self.release is None else END_TIMEOUT_S
        deadline = time.monotonic() + timeout_s
        while any(thread.is_alive() for thread in threads) and time.monotonic() < deadline:
            if self.release is not None:
                self.release()
            for thread in threads:
                thread.join(END_POLL_S / len(threads))

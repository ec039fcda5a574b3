"""Scenarios played at once by threads; here each is a function, and no engine is needed."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pausedemo.clock import Clock, SystemClock
from pausedemo.core.verdicts.results import ScenarioResult, Status, StepResult
from pausedemo.errors import EngineGone, Interrupted
from pausedemo.scenario.crew import Crew
from pausedemo.scenario.library import load_scenarios
from pausedemo.scenario.listener import Listener, SilentListener
from pausedemo.scenario.parse import Scenario
from pausedemo.scenario.runner import Played
from pausedemo.scenario.schedule import Plan
from tests.scenario.test_files import write

TIMEOUT_S = 30
NAMES = ("a", "b", "c", "d")

Act = Callable[[str, Clock], Status]


@dataclass
class Notes(SilentListener):
    """What was told of scenarios and steps, in order, and of tasks."""

    told: list[str] = field(default_factory=list)
    tasks: list[str] = field(default_factory=list)

    def scenario_started(self, name: str, title: str, steps_total: int) -> None:
        del title, steps_total
        self.told.append(f"{name} started")

    def step_started(self, name: str, kind: str, command: str) -> None:
        del kind, command
        self.told.append(f"{name} begins")

    def step_finished(self, step: StepResult) -> None:
        self.told.append(f"{step.name} {step.status}")

    def scenario_finished(self, scenario: ScenarioResult) -> None:
        self.told.append(f"{scenario.name} {scenario.status}")

    def task_started(self, text: str, *, minor: bool = False) -> None:
        assert minor
        self.tasks.append(f"+{text}")

    def task_finished(self, text: str) -> None:
        self.tasks.append(f"-{text}")


@dataclass
class Theatre:
    """Plays a scenario by calling ``act``; ``played`` are the names, in the order they began."""

    act: Act
    played: list[str] = field(default_factory=list)

    def __call__(self, scenario: Scenario, listener: Listener, clock: Clock) -> Played:
        name = scenario.name
        self.played.append(name)
        listener.scenario_started(name, "", 1)
        listener.step_started(f"{name}-step", "exec", "")
        try:
            status, fatal = self.act(name, clock), None
        except EngineGone as error:
            status, fatal = Status.ERROR, error
        step = StepResult(name=f"{name}-step", kind="exec", command="", status=status)
        listener.step_finished(step)
        result = ScenarioResult(name=name, title="", source="", steps=(step,), duration_s=1.0)
        listener.scenario_finished(result)
        return Played(result, fatal)


@pytest.fixture
def scenarios(tmp_path: Path) -> tuple[Scenario, ...]:
    for name in NAMES:
        write(tmp_path / f"{name}.yaml")
    return load_scenarios([str(tmp_path)])


def make_crew(scenarios: tuple[Scenario, ...], plan: Plan, act: Act) -> tuple[Crew, Notes, Theatre]:
    notes, theatre = Notes(), Theatre(act)
    return Crew(scenarios, plan, theatre, SystemClock(), notes), notes, theatre


def whole(name: str, status: str = "passed") -> list[str]:
    return [f"{name} started", f"{name}-step begins", f"{name}-step {status}", f"{name} {status}"]


def test_several_are_played_at_the_same_time(scenarios: tuple[Scenario, ...]) -> None:
    # Each waits for all others: one after another they would never end.
    together = threading.Barrier(len(NAMES), timeout=TIMEOUT_S)

    def act(_name: str, _clock: Clock) -> Status:
        together.wait()
        return Status.PASSED

    crew, notes, _ = make_crew(scenarios, Plan(jobs=4), act)
    crew.work()
    assert [result.name for result in crew.results.values()] == list(NAMES)
    assert sorted(notes.tasks) == sorted([*(f"+{n}" for n in NAMES), *(f"-{n}" for n in NAMES)])


def test_whatever_ends_first_each_is_told_whole_and_in_order(
    scenarios: tuple[Scenario, ...],
) -> None:
    ended = {name: threading.Event() for name in NAMES}
    after = dict(itertools.pairwise(NAMES))

    def act(name: str, _clock: Clock) -> Status:
        # The last one first.
        if name in after:
            assert ended[after[name]].wait(TIMEOUT_S)
        ended[name].set()
        return Status.PASSED

    crew, notes, _ = make_crew(scenarios, Plan(jobs=4), act)
    crew.work()
    assert notes.told == [line for name in NAMES for line in whole(name)]
    assert [result.name for result in crew.results.values()] == list(NAMES)


@pytest.mark.parametrize("jobs", [1, 3])
def test_attempts_are_told_as_one_scenario_with_the_bad_one_s_steps(
    scenarios: tuple[Scenario, ...], jobs: int
) -> None:
    times: dict[str, int] = {}
    lock = threading.Lock()

    def act(name: str, _clock: Clock) -> Status:
        with lock:
            times[name] = times.get(name, 0) + 1
            return Status.FAILED if name == "b" and times[name] == 2 else Status.PASSED

    crew, notes, theatre = make_crew(scenarios, Plan(jobs=jobs, repeat=3), act)
    crew.work()
    assert [len(result.attempts) for result in crew.results.values()] == [3, 3, 3, 3]
    assert [result.status for result in crew.results.values()] == [
        Status.PASSED,
        Status.FLAKY,
        Status.PASSED,
        Status.PASSED,
    ]
    assert notes.told[4:8] == [*whole("b", "failed")[:3], "b flaky"]
    assert len(notes.told) == 16
    assert len(theatre.played) == 12


@pytest.mark.parametrize("plan", [Plan(fail_fast=True), Plan(jobs=2, fail_fast=True)])
def test_fail_fast_plays_no_more(scenarios: tuple[Scenario, ...], plan: Plan) -> None:
    bad_is_over = threading.Event()

    def act(name: str, _clock: Clock) -> Status:
        if name == "a":
            return Status.FAILED
        # Whoever plays beside it ends later.
        assert bad_is_over.wait(TIMEOUT_S)
        return Status.PASSED

    crew, notes, theatre = make_crew(scenarios, plan, act)
    release = threading.Timer(0.2, bad_is_over.set)
    release.start()
    crew.work()
    release.join()
    assert theatre.played == list(NAMES[: plan.jobs])
    assert crew.results[0].status is Status.FAILED
    assert notes.told[:4] == whole("a", "failed")


def test_until_failure_ends_with_the_attempt_that_went_wrong(
    scenarios: tuple[Scenario, ...],
) -> None:
    seen: list[str] = []

    def act(name: str, _clock: Clock) -> Status:
        seen.append(name)
        return Status.FAILED if seen.count("c") == 5 else Status.PASSED

    crew, _, theatre = make_crew(scenarios, Plan(repeat=1000, fail_fast=True), act)
    crew.work()
    assert len(theatre.played) == 4 * 4 + 3
    assert [len(result.attempts) for result in crew.results.values()] == [5, 5, 5, 4]
    assert crew.results[2].status is Status.FLAKY


@pytest.mark.parametrize("jobs", [1, 4])
def test_an_engine_that_is_gone_ends_the_run(scenarios: tuple[Scenario, ...], jobs: int) -> None:
    def act(_name: str, _clock: Clock) -> Status:
        raise EngineGone("gone")

    crew, _, theatre = make_crew(scenarios, Plan(jobs=jobs), act)
    crew.work()
    assert isinstance(crew.fatal, EngineGone)
    assert len(theatre.played) == jobs
    assert len(crew.results) == jobs


def test_an_interrupt_ends_those_that_wait_and_tells_those_that_had_ended(
    scenarios: tuple[Scenario, ...],
) -> None:
    waiting = threading.Barrier(3, timeout=TIMEOUT_S)
    stuck, released = threading.Event(), threading.Event()
    ended: list[str] = []

    def act(name: str, clock: Clock) -> Status:
        if name == "a":
            return Status.PASSED
        waiting.wait()
        if name == "b":
            # Asks for the end in the main thread's place, as a signal would.
            raise Interrupted("stopped by SIGINT")
        try:
            if name == "c":
                # By the clock, like every look at a scenario that is not as expected yet.
                clock.wait(threading.Event(), 3600)
            else:
                # As in a request that only ends when its container is removed.
                stuck.set()
                assert released.wait(TIMEOUT_S)
        finally:
            ended.append(name)
        return Status.PASSED

    crew, notes, _ = make_crew(scenarios, Plan(jobs=4), act)
    crew.release = released.set
    with pytest.raises(Interrupted, match="stopped by SIGINT"):
        crew.work()
    assert stuck.is_set()
    assert sorted(ended) == ["c", "d"]
    assert notes.told == whole("a")
    assert [result.name for result in crew.results.values()] == ["a"]


def test_a_run_that_ends_while_its_threads_start_leaves_none_of_them(
    scenarios: tuple[Scenario, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[threading.Thread] = []

    class Late(threading.Thread):
        def start(self) -> None:
            if started:
                raise Interrupted("stopped by SIGINT")
            started.append(self)
            super().start()

    crew, notes, _ = make_crew(scenarios, Plan(jobs=2), lambda _name, _clock: Status.PASSED)
    monkeypatch.setattr(threading, "Thread", Late)
    with pytest.raises(Interrupted):
        crew.work()
    started[0].join(TIMEOUT_S)
    assert not started[0].is_alive()
    assert notes.told == []


def test_once_the_run_ends_no_step_begins(scenarios: tuple[Scenario, ...]) -> None:
    begun = threading.Event()

    def play(scenario: Scenario, listener: Listener, clock: Clock) -> Played:
        del clock
        if scenario.name == "a":
            assert begun.wait(TIMEOUT_S)
            raise Interrupted("stopped by SIGTERM")
        while True:
            begun.set()
            listener.step_started("again", "exec", "")

    crew = Crew(scenarios[:2], Plan(jobs=2), play, SystemClock(), SilentListener())
    with pytest.raises(Interrupted, match="SIGTERM"):
        crew.work()
    assert crew.results == {}


def test_a_defect_in_a_thread_is_raised_where_the_run_was_asked_for(
    scenarios: tuple[Scenario, ...],
) -> None:
    def act(name: str, _clock: Clock) -> Status:
        raise ZeroDivisionError(name)

    crew, _, _ = make_crew(scenarios, Plan(jobs=2), act)
    with pytest.raises(ZeroDivisionError):
        crew.work()

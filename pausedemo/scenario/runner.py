"""One scenario, from its first step to its last trace removed."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from pausedemo.clock import Clock
from pausedemo.core.expect import check
from pausedemo.core.results import Failure, Json, ScenarioResult, Status, StepResult
from pausedemo.engine.port import Engine
from pausedemo.errors import EngineGone, ImageUnavailable, PausedemoError
from pausedemo.scenario import schema
from pausedemo.scenario.listener import Listener
from pausedemo.scenario.parse import Scenario
from pausedemo.scenario.stage import Stage, StageSettings
from pausedemo.scenario.steps import Observation, Performer, make_performer

LOOK_AGAIN_S: Final = 0.1
TEARDOWN: Final = "teardown"


@dataclass(frozen=True, slots=True)
class Played:
    """A scenario's result, and the error that forbids to play another one, if there was one."""

    result: ScenarioResult
    fatal: PausedemoError | None = None


def play(
    scenario: Scenario,
    engine: Engine,
    clock: Clock,
    settings: StageSettings,
    listener: Listener,
    *,
    keep: bool = False,
) -> Played:
    """Run one scenario and take down what it made, whatever happens.

    An action that failed ends the scenario, for the steps after it would look at something else;
    an expectation that failed does not. With ``keep`` nothing is taken down.
    """
    began = clock.monotonic()
    listener.scenario_started(scenario.name, scenario.file.title, len(scenario.file.steps))
    stage = Stage(scenario, engine, clock, settings)
    script = _Script(scenario, stage, clock, listener)
    try:
        steps = script.play_steps()
        steps += _take_down(stage, clock, listener, keep=keep)
    except BaseException:
        # Interrupted, perhaps in the middle of taking down: that first, then the reason.
        stage.close(keep=keep)
        raise
    result = ScenarioResult(
        name=scenario.name,
        title=scenario.file.title,
        source=scenario.source,
        steps=tuple(steps),
        duration_s=clock.monotonic() - began,
    )
    listener.scenario_finished(result)
    return Played(result, script.fatal)


def _take_down(
    stage: Stage, clock: Clock, listener: Listener, *, keep: bool
) -> Iterator[StepResult]:
    """Remove what the scenario made; a step only where that failed."""
    began = clock.monotonic()
    cleaned = stage.close(keep=keep)
    if cleaned.failures:
        result = StepResult(
            name="Take down what the scenario made",
            kind=TEARDOWN,
            command="pausedemo clean",
            status=Status.ERROR,
            output="\n".join(str(error) for error in cleaned.failures),
            failures=tuple(Failure("", None, str(error)) for error in cleaned.failures),
            duration_s=clock.monotonic() - began,
        )
        listener.step_finished(result)
        yield result


class _Script:
    """Plays a scenario's steps, and remembers the facts that later steps refer to."""

    def __init__(self, scenario: Scenario, stage: Stage, clock: Clock, listener: Listener) -> None:
        self.fatal: PausedemoError | None = None
        self._scenario = scenario
        self._stage = stage
        self._clock = clock
        self._listener = listener
        self._facts: dict[str, Mapping[str, Json]] = {}

    def play_steps(self) -> list[StepResult]:
        results: list[StepResult] = []
        ended = False
        for step in self._scenario.file.steps:
            if ended:
                result = self._skip(step)
            else:
                result = self._play(step)
                acted = not isinstance(step, schema.ObservingStep)
                ended = self.fatal is not None or (acted and result.status is not Status.PASSED)
            results.append(result)
            self._listener.step_finished(result)
        return results

    def _skip(self, step: schema.Step) -> StepResult:
        return StepResult(
            name=step.title,
            kind=step.kind,
            command="",
            status=Status.SKIPPED,
            output="not done: an earlier step did not do what this one rests on",
            explain=step.explain,
        )

    def _play(self, step: schema.Step) -> StepResult:
        began = self._clock.monotonic()
        result = StepResult(
            name=step.title, kind=step.kind, command="", status=Status.PASSED, explain=step.explain
        )
        try:
            pod = self._scenario.pod_of(step.action)
            performer = make_performer(step, self._stage, pod)
            result = replace(result, command=performer.command())
            self._listener.step_started(result.name, result.kind, result.command)
            # From here: the listener may have waited for a person.
            began = self._clock.monotonic()
            observation, failures = self._look(step, performer)
        except (EngineGone, ImageUnavailable) as error:
            self.fatal = error
            result = _with_error(result, error)
        except PausedemoError as error:
            result = _with_error(result, error)
        else:
            self._remember(step, observation)
            result = replace(
                result,
                status=Status.FAILED if failures else Status.PASSED,
                output=observation.output,
                observed=observation.facts or None,
                failures=failures,
            )
        return replace(result, duration_s=self._clock.monotonic() - began)

    def _look(
        self, step: schema.Step, performer: Performer
    ) -> tuple[Observation, tuple[Failure, ...]]:
        """Perform once; with ``within_s`` again until it is as expected, or time is up."""
        within_s = getattr(step, "within_s", None) or 0
        deadline = self._clock.monotonic() + within_s
        never = threading.Event()
        while True:
            late = self._clock.monotonic() >= deadline
            try:
                observation = performer.perform()
                failures = self._judge(step, observation)
                if not failures or late:
                    return observation, failures
            except EngineGone:
                raise
            except PausedemoError:
                # Not there yet, or not readable yet; at the end of the time it is an error.
                if late:
                    raise
            self._clock.wait(never, LOOK_AGAIN_S)

    def _judge(self, step: schema.Step, observation: Observation) -> tuple[Failure, ...]:
        expectation = getattr(step, "expect", None)
        if expectation is None:
            return ()
        try:
            return check(expectation, observation.facts, self._lookup)
        except KeyError as error:
            raise PausedemoError(
                f"{step.title}: there is no fact {error.args[0]}; this cannot be judged"
            ) from error

    def _lookup(self, reference: str) -> Json:
        label, *path = reference.split(".")
        value: Json = self._facts.get(label)
        for part in path:
            if not isinstance(value, Mapping) or part not in value:
                raise KeyError(reference)
            value = value[part]
        return value

    def _remember(self, step: schema.Step, observation: Observation) -> None:
        label = getattr(step, "label", None)
        if label is not None:
            self._facts[label] = observation.facts


def _with_error(result: StepResult, error: PausedemoError) -> StepResult:
    return replace(
        result,
        status=Status.ERROR,
        output=str(error),
        failures=(Failure("", None, str(error)),),
    )

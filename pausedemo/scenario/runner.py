"""One scenario, from its first step to its last trace removed."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from pausedemo.clock import Clock
from pausedemo.core.verdicts.results import (
    Failure,
    Json,
    Portrait,
    ScenarioResult,
    Status,
    StepResult,
)
from pausedemo.engine.port import Engine
from pausedemo.errors import EngineGone, ImageUnavailable, PausedemoError
from pausedemo.scenario.kinds import ActingStep, AnyStep, ObservingStep
from pausedemo.scenario.listener import Listener
from pausedemo.scenario.parse import Scenario
from pausedemo.scenario.performers import Observation, Performer, make_performer
from pausedemo.scenario.portrait import take_portrait
from pausedemo.scenario.stage import Stage, StageSettings
from pausedemo.scenario.verdict import Judge, Verdict

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
        explain=scenario.file.explain,
        tags=scenario.file.tags,
        links=scenario.file.source,
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
        self._judge = Judge(stage.settings.engine, self._lookup)
        self._facts: dict[str, Mapping[str, Json]] = {}

    def play_steps(self) -> list[StepResult]:
        results: list[StepResult] = []
        steps = self._scenario.file.steps
        ended_by: StepResult | None = None
        for step, following in zip(steps, [*steps[1:], None], strict=True):
            if ended_by is not None:
                result = _skip(step, ended_by)
            else:
                result = self._play(step)
                # Of several actions in a row, the last shows what they led to.
                if isinstance(step, ActingStep) and not isinstance(following, ActingStep):
                    result = replace(result, portrait=self._take_portrait())
                if self.fatal is not None or self._judge.ends_scenario(step, result.status):
                    ended_by = result
            results.append(result)
            self._listener.step_finished(result)
        return results

    def _play(self, step: AnyStep) -> StepResult:
        began = self._clock.monotonic()
        result = StepResult(
            name=step.title, kind=step.kind, command="", status=Status.PASSED, explain=step.explain
        )
        try:
            pod = self._scenario.pod_of(step)
            performer = make_performer(step, self._stage, pod)
            result = replace(result, command=performer.command())
            self._listener.step_started(result.name, result.kind, result.command)
            # From here: the listener may have waited for a person.
            began = self._clock.monotonic()
            observation, verdict = self._look(step, performer)
        except (EngineGone, ImageUnavailable) as error:
            self.fatal = error
            result = _with_error(result, error)
        except PausedemoError as error:
            result = _with_error(result, error)
        else:
            if step.label is not None:
                self._facts[step.label] = observation.facts
            result = replace(
                result,
                status=verdict.status,
                output=observation.output,
                observed=observation.facts or None,
                failures=verdict.failures,
                difference=verdict.difference,
            )
        return replace(result, duration_s=self._clock.monotonic() - began)

    def _look(self, step: AnyStep, performer: Performer) -> tuple[Observation, Verdict]:
        """Perform once; with ``within_s`` again until it is as expected, or time is up."""
        within_s = step.within_s or 0 if isinstance(step, ObservingStep) else 0
        deadline = self._clock.monotonic() + within_s
        never = threading.Event()
        while True:
            late = self._clock.monotonic() >= deadline
            try:
                observation = self._perform(step, performer)
                verdict = self._judge.judge(step, observation.facts)
                if verdict.status.is_good or late:
                    return observation, verdict
            except EngineGone:
                raise
            except PausedemoError as error:
                # Not there yet, or not readable yet; at the end of the time it is an error.
                if late:
                    expected = self._judge.judge_error(step, error)
                    if expected is None:
                        raise
                    return Observation(str(error)), expected
            self._clock.wait(never, LOOK_AGAIN_S)

    def _perform(self, step: AnyStep, performer: Performer) -> Observation:
        began = self._clock.monotonic()
        observation = performer.perform()
        if not isinstance(step, ActingStep):
            return observation
        took_s = round(self._clock.monotonic() - began, 3)
        return replace(observation, facts={**observation.facts, "error": None, "took_s": took_s})

    def _take_portrait(self) -> Portrait | None:
        if not self._stage.settings.portraits:
            return None
        # A picture that could not be taken changes no verdict.
        with contextlib.suppress(PausedemoError):
            return take_portrait(self._stage)
        return None

    def _lookup(self, reference: str) -> Json:
        label, *path = reference.split(".")
        value: Json = self._facts.get(label)
        for part in path:
            if not isinstance(value, Mapping) or part not in value:
                raise KeyError(reference)
            value = value[part]
        return value


def _skip(step: AnyStep, ended_by: StepResult) -> StepResult:
    why = "an earlier step did not do what this one rests on"
    if ended_by.status is Status.KNOWN_DIFFERENCE:
        why = "it rests on an earlier step, in which this engine differs"
    return StepResult(
        name=step.title,
        kind=step.kind,
        command="",
        status=Status.SKIPPED,
        output=f"not done: {why}",
        explain=step.explain,
    )


def _with_error(result: StepResult, error: PausedemoError) -> StepResult:
    return replace(
        result,
        status=Status.ERROR,
        output=str(error),
        failures=(Failure("", None, str(error)),),
    )

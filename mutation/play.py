"""One scenario under one mutation, and nothing of it left on the engine."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from mutation.findings import Finding, How
from mutation.mutant import Fate, Mutation
from mutation.proxy import Proxy, lying_engine
from mutation.rehearsal import COULD
from mutation.scene import LieFailed
from pausedemo.clock import SystemClock
from pausedemo.core import naming
from pausedemo.core.verdicts.results import ImageUse, ScenarioResult, Status, StepResult
from pausedemo.engine.connect import connect
from pausedemo.errors import EngineGone
from pausedemo.kubelet.cleanup import remove_labelled
from pausedemo.kubelet.owner import Owner
from pausedemo.scenario.kinds import ApplyStep, ObservingStep, WaitStep
from pausedemo.scenario.listener import SilentListener
from pausedemo.scenario.parse import Scenario
from pausedemo.scenario.session import run_scenarios

#: How long a scenario looks again for what a broken engine will never show: so many seconds,
#: and so many times what the step took on the engine as it is.
PATIENCE_S: Final = 3.0
PATIENCE_TIMES: Final = 5.0


@dataclass(frozen=True, slots=True)
class Ground:
    """A true engine at ``socket``, a path, and the images there by their names in scenarios."""

    socket: str
    images: Mapping[str, ImageUse]


@dataclass(frozen=True, slots=True)
class Played:
    """What was found, how long each step took in seconds, and what a rehearsal noted."""

    finding: Finding
    pace: tuple[float, ...]
    could_be_told: frozenset[str]


def play(
    mutation: Mutation, scenario: Scenario, ground: Ground, pace: Sequence[float] = ()
) -> Played:
    """Play a scenario on an engine that lies in one way.

    ``pace``: how long each step takes on the engine as it is; a scenario that a mutation is to
    make fail then looks again for not much longer. One at a time in one process: what a lie
    leaves behind is found by this process's mark. Raises EngineGone when the true engine is away.
    """
    if mutation.fate is Fate.CAUGHT:
        scenario = hurry(scenario, pace)
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        stack.callback(_tidy_up, ground)
        proxy = stack.enter_context(lying_engine(ground.socket, mutation))
        finding, steps = _play_through(proxy, scenario, ground)
    try:
        proxy.check()
    except LieFailed as error:
        finding = replace(finding, how=How.BOTCHED, step="", said=str(error))
    duration_s = round(time.monotonic() - began, 1)
    finding = replace(finding, told=proxy.told, duration_s=duration_s)
    noted = frozenset(proxy.scene.memory.get(COULD, ()))
    return Played(finding, tuple(step.duration_s for step in steps), noted)


def hurry(scenario: Scenario, pace: Sequence[float]) -> Scenario:
    """The same scenario, with no more patience than its pace needs."""
    steps = []
    for step, usual_s in zip(scenario.file.steps, pace, strict=False):
        patience_s = PATIENCE_S + PATIENCE_TIMES * usual_s
        changed = step
        if isinstance(step, ObservingStep) and step.within_s:
            within_s = min(step.within_s, patience_s)
            changed = step.model_copy(update={"within_s": within_s})
        elif isinstance(step, ApplyStep | WaitStep):
            action = step.apply if isinstance(step, ApplyStep) else step.wait
            hasty = action.model_copy(update={"timeout_s": min(action.timeout_s, patience_s)})
            changed = step.model_copy(update={step.kind: hasty})
        steps.append(changed)
    steps += scenario.file.steps[len(steps) :]
    return replace(scenario, file=scenario.file.model_copy(update={"steps": tuple(steps)}))


def _play_through(
    proxy: Proxy, scenario: Scenario, ground: Ground
) -> tuple[Finding, tuple[StepResult, ...]]:
    finding = Finding(mutation=proxy.mutation.name, scenario=scenario.name, how=How.PASSED)

    def resolve(names: Sequence[str]) -> list[ImageUse]:
        return [ground.images[name] for name in names]

    with contextlib.closing(connect(proxy.url)) as engine:
        try:
            outcome = run_scenarios([scenario], engine, resolve, SystemClock(), SilentListener())
        except Exception as error:  # noqa: BLE001 - told as what it is
            return replace(finding, how=How.CRASHED, said=repr(error)), ()
    result = outcome.result.scenarios[0]
    return _read_result(finding, result), result.steps


def _read_result(finding: Finding, result: ScenarioResult) -> Finding:
    if result.status is Status.SKIPPED:
        return replace(finding, how=How.UNTOUCHED, said=result.not_applicable)
    missed = tuple(
        index
        for index, step in enumerate(result.steps)
        if step.status in (Status.FAILED, Status.ERROR)
    )
    for how, status in ((How.FAILED, Status.FAILED), (How.ERROR, Status.ERROR)):
        for step in result.steps:
            if step.status is status:
                failure = step.failures[0]
                wanted = "" if failure.expected is None else f", not {failure.expected}"
                said = f"{failure.where} {failure.actual}{wanted}".strip()
                return replace(finding, how=how, step=step.name, said=said, missed=missed)
    return finding


def _tidy_up(ground: Ground) -> None:
    """Remove what a lie kept from being removed, past the lie."""
    with contextlib.closing(connect(f"unix://{ground.socket}")) as engine:
        left = remove_labelled(engine, {naming.OWNER: str(Owner.this_process())})
    if left.failures:
        raise EngineGone(f"cannot tidy up after a mutation: {left.failures[0]}")

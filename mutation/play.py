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
from pausedemo.clock import SystemClock
from pausedemo.core import naming
from pausedemo.core.results import ImageUse, ScenarioResult, Status
from pausedemo.engine.connect import connect
from pausedemo.errors import EngineGone
from pausedemo.kubelet.cleanup import remove_labelled
from pausedemo.kubelet.owner import Owner
from pausedemo.scenario.kinds import ApplyStep, ObservingStep, WaitStep
from pausedemo.scenario.listener import SilentListener
from pausedemo.scenario.parse import Scenario
from pausedemo.scenario.session import run_scenarios

#: How long a scenario looks again for what a broken engine will never show. The same holds for
#: the engine as it is, so this costs no evidence.
PATIENCE_S: Final = 12.0


@dataclass(frozen=True, slots=True)
class Ground:
    """A true engine at ``socket``, a path, and the images there by their names in scenarios."""

    socket: str
    images: Mapping[str, ImageUse]


@dataclass(frozen=True, slots=True)
class Played:
    """What was found, and the requests that were made (``GET /containers/abc/json``)."""

    finding: Finding
    asked: frozenset[str]


def play(mutation: Mutation, scenario: Scenario, ground: Ground) -> Played:
    """Play a scenario on an engine that lies in one way.

    One at a time in one process: what a lie leaves behind is found by this process's mark.
    Raises LieFailed when the lie could not be told, and EngineGone when the true engine is away.
    """
    if mutation.fate is Fate.CAUGHT:
        scenario = hurry(scenario)
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        stack.callback(_tidy_up, ground)
        proxy = stack.enter_context(lying_engine(ground.socket, mutation))
        finding = _play_through(proxy, scenario, ground)
    proxy.check()
    duration_s = round(time.monotonic() - began, 1)
    finding = replace(finding, told=proxy.told, duration_s=duration_s)
    return Played(finding, frozenset(proxy.scene.asked))


def hurry(scenario: Scenario, patience_s: float = PATIENCE_S) -> Scenario:
    """The same scenario, with less patience."""
    steps = []
    for step in scenario.file.steps:
        changed = step
        if isinstance(step, ObservingStep) and step.within_s:
            within_s = min(step.within_s, patience_s)
            changed = step.model_copy(update={"within_s": within_s})
        elif isinstance(step, ApplyStep | WaitStep):
            action = step.apply if isinstance(step, ApplyStep) else step.wait
            hasty = action.model_copy(update={"timeout_s": min(action.timeout_s, patience_s)})
            changed = step.model_copy(update={step.kind: hasty})
        steps.append(changed)
    return replace(scenario, file=scenario.file.model_copy(update={"steps": tuple(steps)}))


def _play_through(proxy: Proxy, scenario: Scenario, ground: Ground) -> Finding:
    finding = Finding(mutation=proxy.mutation.name, scenario=scenario.name, how=How.PASSED)

    def resolve(names: Sequence[str]) -> list[ImageUse]:
        return [ground.images[name] for name in names]

    with contextlib.closing(connect(proxy.url)) as engine:
        try:
            outcome = run_scenarios([scenario], engine, resolve, SystemClock(), SilentListener())
        except Exception as error:  # noqa: BLE001 - told as what it is
            return replace(finding, how=How.CRASHED, said=repr(error))
    return _read_result(finding, outcome.result.scenarios[0])


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

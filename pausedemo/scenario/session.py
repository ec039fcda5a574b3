"""A whole run: scenarios on one engine, with what they need and leave."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pausedemo.clock import Clock
from pausedemo.core import naming
from pausedemo.core.manifest import Container, Lifecycle
from pausedemo.core.pods.pod import LATEST_KUBERNETES
from pausedemo.core.verdicts.results import EngineFacts, ImageUse, RunResult, ScenarioResult
from pausedemo.engine.port import Engine
from pausedemo.errors import PausedemoError
from pausedemo.kubelet.cleanup import remove_labelled, remove_volumes_labelled
from pausedemo.kubelet.owner import Owner
from pausedemo.kubelet.reach.nodecontainer import NodeContainer
from pausedemo.scenario.crew import Crew
from pausedemo.scenario.kinds import HttpStep, NamespacesStep
from pausedemo.scenario.listener import Listener
from pausedemo.scenario.manifestchecks import has_probes
from pausedemo.scenario.parse import Scenario
from pausedemo.scenario.runner import Played, play
from pausedemo.scenario.schedule import Plan
from pausedemo.scenario.stage import NODE_IMAGE, PAUSE_IMAGE, StageSettings


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run found, and the error that ended it early, if one did."""

    result: RunResult
    fatal: PausedemoError | None = None


def run_scenarios(
    scenarios: Sequence[Scenario],
    engine: Engine,
    resolve: Callable[[Sequence[str]], Sequence[ImageUse]],
    clock: Clock,
    listener: Listener,
    *,
    keep: bool = False,
    kubernetes_version: tuple[int, int] = LATEST_KUBERNETES,
    portraits: bool = False,
    plan: Plan | None = None,
    on_interrupt: Callable[[RunResult], object] = lambda _: None,
) -> Outcome:
    """Play scenarios by a plan; without one each once, in order.

    ``resolve`` gets the images on the engine that stand for names, in order. An image that
    cannot be had, like an engine that has gone, ends the run; what was found until then is in
    the outcome. ``portraits``: look at who shares which namespaces as the containers change.
    ``on_interrupt`` gets what was found until somebody asked to stop, before that goes on its way.
    """
    about = engine.describe()
    facts = EngineFacts(about.name, about.version, about.api_version, about.runtime)
    listener.run_started(facts)
    results: dict[int, ScenarioResult] = {}  # by the scenario's place
    uses: list[ImageUse] = []

    def work() -> PausedemoError | None:
        try:
            # Before the first step, so that no step's time is that of a build or a download.
            wanted = set().union(*map(images_of, scenarios), {NODE_IMAGE} if portraits else ())
            uses.extend(resolve(sorted(wanted)))
        except PausedemoError as error:
            return error
        for use in uses:
            listener.image_resolved(use)
        used = {use.wanted: use.used for use in uses}
        labels = _run_labels(keep=keep)
        settings = StageSettings(
            find_image=used.__getitem__,
            labels=labels,
            kubernetes_version=kubernetes_version,
            engine=facts,
            node=NodeContainer(engine, lambda: used[NODE_IMAGE], labels),
            portraits=portraits,
        )
        return _play_all(
            scenarios, results, engine, clock, listener, settings, plan or Plan(), keep=keep
        )

    def found(ended_by: BaseException | None) -> RunResult:
        return RunResult(
            engine=facts,
            images=tuple(uses),
            scenarios=tuple(results[index] for index in sorted(results)),
            ended_by=str(ended_by or ""),
        )

    try:
        fatal = work()
    except KeyboardInterrupt as interrupt:
        on_interrupt(found(interrupt))
        raise
    listener.run_finished(result := found(fatal))
    return Outcome(result, fatal)


def _play_all(
    scenarios: Sequence[Scenario],
    results: dict[int, ScenarioResult],
    engine: Engine,
    clock: Clock,
    listener: Listener,
    settings: StageSettings,
    plan: Plan,
    *,
    keep: bool,
) -> PausedemoError | None:
    """Play by the plan, fill ``results``, and remove what helped to look; what ended it early."""

    def play_once(scenario: Scenario, listener: Listener, clock: Clock) -> Played:
        if not scenario.applies_to(settings.engine):
            return Played(_leave_out(scenario, listener))
        return play(scenario, engine, clock, settings, listener, keep=keep)

    def remove_all() -> None:
        ours = {naming.RUN: settings.labels[naming.RUN]}
        remove_labelled(engine, ours)
        remove_volumes_labelled(engine, ours)

    release = None if keep else remove_all
    crew = Crew(scenarios, plan, play_once, clock, listener, release, results)
    try:
        crew.work()
    finally:
        try:
            settings.node.close()
        except PausedemoError as error:
            crew.fatal = crew.fatal or error
    return crew.fatal


def images_of(scenario: Scenario) -> set[str]:
    """The names of all images that a scenario needs, its pods' and its own."""
    bare = {entry.image for entry in scenario.file.containers.values()}
    return {PAUSE_IMAGE, *bare, *_node_images(scenario), *_pod_images(scenario)}


def _node_images(scenario: Scenario) -> Iterator[str]:
    looks = (HttpStep, NamespacesStep)
    if any(isinstance(step, looks) for step in scenario.file.steps):
        yield NODE_IMAGE
    # Probes and hooks reach ports from there, and files are put on the node through it.
    for manifest in scenario.manifests.values():
        if manifest.spec.volumes or any(map(_is_reached, manifest.spec.all_containers)):
            yield NODE_IMAGE


def _is_reached(container: Container) -> bool:
    return has_probes(container) or container.lifecycle != Lifecycle()


def _pod_images(scenario: Scenario) -> Iterator[str]:
    for manifest in scenario.manifests.values():
        for container in manifest.spec.all_containers:
            yield container.image


def _leave_out(scenario: Scenario, listener: Listener) -> ScenarioResult:
    """The result of a scenario that does not apply to this engine."""
    file = scenario.file
    listener.scenario_started(scenario.name, file.title, 0)
    result = ScenarioResult(
        name=scenario.name,
        title=file.title,
        source=scenario.source,
        steps=(),
        duration_s=0.0,
        explain=file.explain,
        tags=file.tags,
        links=file.source,
        not_applicable=f"applies to {' or '.join(file.engines)} only",
    )
    listener.scenario_finished(result)
    return result


def _run_labels(*, keep: bool) -> dict[str, str]:
    labels = {naming.RUN: uuid.uuid4().hex, naming.OWNER: str(Owner.this_process())}
    return {**labels, naming.KEEP: "true"} if keep else labels

"""A pod's kubelet: observe the engine, compute what to do, do it; again at every event.

Nothing is remembered between two passes but the pod itself, what probes have found, and what has
to wait. The engine's events only say that it is time to look; what happened is read off the
engine, so a lost event costs one resync.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from pausedemo.clock import Clock
from pausedemo.core.pods.pod import Pod
from pausedemo.core.pods.podevent import PodEvent
from pausedemo.core.pods.podreport import Phase
from pausedemo.core.pods.podview import PodView
from pausedemo.core.pods.status import PodStatus, RunState
from pausedemo.core.pods.viewing import compute_view
from pausedemo.core.rules import deadline, eviction
from pausedemo.core.rules.actions import ContainerStart, PodActions, compute_actions
from pausedemo.core.rules.failing import find_failure
from pausedemo.engine.port import ContainerConfig, Engine
from pausedemo.errors import EngineError, EngineGone, PausedemoError, TimedOut
from pausedemo.kubelet.pod.ending import end_container, end_pod
from pausedemo.kubelet.pod.garbage import collect_garbage
from pausedemo.kubelet.pod.observe import observe_pod
from pausedemo.kubelet.pod.ports import (
    Hooks,
    Images,
    Messages,
    NoHooks,
    NoMessages,
    NoProber,
    PlainTranslator,
    PodImages,
    Prober,
    Translator,
)
from pausedemo.kubelet.pod.starting import CONFIG_ERROR, Starter
from pausedemo.kubelet.pod.tools import EngineLimits, PodTools
from pausedemo.kubelet.threads import do_all
from pausedemo.kubelet.volumes import VolumeError, has_files

__all__ = ["EngineLimits", "PodController", "PodEvent", "PodImages"]


@dataclass(slots=True)
class PodController:
    """Keeps one pod as its spec wants it. For one thread at a time.

    ``labels`` are put on everything it makes. ``record`` is told every event as it happens, from
    the thread that does the work. ``view`` is what others are to know; ``keep_view`` is given it
    when it changes. A changed ``pod`` is put in its place between two passes.
    """

    engine: Engine
    pod: Pod
    images: Images
    clock: Clock
    labels: Mapping[str, str] = field(default_factory=dict)
    limits: EngineLimits = field(default_factory=EngineLimits)
    record: Callable[[PodEvent], None] = lambda _event: None
    hooks: Hooks = field(default_factory=NoHooks)
    prober: Prober = field(default_factory=NoProber)
    messages: Messages = field(default_factory=NoMessages)
    translator: Translator = field(default_factory=PlainTranslator)
    gate: AbstractContextManager[object] = field(default_factory=nullcontext)
    view: PodView = field(default_factory=PodView)
    seen: PodStatus | None = field(init=False, default=None)
    keep_view: Callable[[PodView], None] = lambda _view: None
    _starter: Starter = field(init=False)
    _messages: dict[str, str] = field(init=False)
    _tidied: bool = field(init=False, default=False)
    _excess: str = field(init=False, default="")
    # Whoever looked after the pod before may have missed a change.
    _outdated: bool = field(init=False, default=True)

    def __post_init__(self) -> None:
        tools = PodTools(
            engine=self.engine,
            pod=self.pod,
            images=self.images,
            clock=self.clock,
            labels=self.labels,
            limits=self.limits,
            record=self.record,
            hooks=self.hooks,
            translator=self.translator,
            gate=self.gate,
        )
        self._starter = Starter(tools)
        self._messages = dict(self.view.messages)

    def refresh(self) -> None:
        """Have the next pass read again what the pod refers to: something of it has changed."""
        self._outdated = True
        self._starter.release(CONFIG_ERROR)

    def evict(self, message: str) -> None:
        """Have the next pass end the pod for good: it holds too much, as the message says."""
        self._excess = message

    def sync(self) -> PodActions:
        """One pass: observe, compute, apply. What was decided; EngineError when refused."""
        self._starter.tools.pod = self.pod
        status = self.observe()
        self._enforce_limits(status)
        actions = self._leave_held(
            compute_actions(
                self.pod,
                status,
                self.clock.now(),
                self.prober.results(self.pod),
                failed=bool(self.view.phase),
            )
        )
        try:
            self.apply(actions, status)
        except EngineGone:
            raise
        except PausedemoError:
            self._tell_view(status)
            raise
        if not actions.remove:
            self._bring_up_to_date(actions, status)
            after = status if actions.nothing else self.observe()
            self._tell_view(after)
            self.seen = after
            # The first pass finds what the controller before has not got to.
            if status.containers and not (actions.nothing and self._tidied):
                collect_garbage(self.engine, after)
            self._tidied = True
        return actions

    def observe(self) -> PodStatus:
        """What is on the engine now."""
        return observe_pod(self.engine, self.pod.uid)

    def plan_first(self) -> tuple[ContainerConfig, ...]:
        """What it creates for a pod that is not there yet: the sandbox, then its containers.

        The members join the sandbox by its name here, as a person would write it. What can only be
        found out on the way, such as the pod's address in an environment, is not in it.
        """
        plain = PlainTranslator()
        sandbox = plain.sandbox(self.pod, 0, self.images.pause, self.labels)
        members = [
            plain.container(
                self.pod,
                ContainerStart(container.name, 0, 0),
                sandbox.name,
                self.images.provide(self.pod, container),
                self.labels,
            )
            for container in self.pod.spec.all_containers
        ]
        return (sandbox, *members)

    def apply(self, actions: PodActions, status: PodStatus) -> None:
        """Carry out, in the kubelet's order: kill, stop the sandbox, new sandbox, start."""
        tools = self._starter.tools
        if actions.kill_pod:
            self._kill_pod(actions, status)
        do_all(
            partial(end_container, tools, one.name, one.container_id, one.message, one.grace_s)
            for one in actions.kill
        )
        sandbox_id = status.sandbox.id if status.sandbox else ""
        if actions.create_sandbox:
            made: list[str] = []
            # In a thread, like all that creates: a signal that ends the main thread's wait
            # must not cut a request in two, or what it made would be found by nobody.
            do_all([lambda: made.append(self._starter.create_sandbox(actions.attempt))])
            sandbox_id = made[0]
        self._start(actions, sandbox_id)
        for waiting in actions.waiting:
            tools.tell("Warning", "BackOff", _render_back_off(self.pod, waiting.name), waiting.name)

    def await_end(self, container_id: str) -> None:
        """Wait until the engine's list knows of a container's end, told by an event.

        dockerd tells an end before its list shows it, and holds the container's lock until both
        are done; inspect waits for that lock (moby, daemon/monitor.go ``handleContainerExit``).
        A look at the list in between would see a running container, and no event would follow.
        """
        with contextlib.suppress(EngineError, TimedOut):
            self.engine.inspect_container(container_id)

    def compute_due(self, actions: PodActions) -> datetime | None:
        """When the next pass is due without an event, after one that decided so; None: never."""
        dues = [waiting.until for waiting in actions.waiting]
        dues += [held.until for held in self._starter.held.values()]
        end = deadline.compute_deadline(self.pod)
        if end is not None and not self.view.phase and end > self.clock.now():
            dues.append(end)
        return min(dues, default=None)

    def _kill_pod(self, actions: PodActions, status: PodStatus) -> None:
        tools = self._starter.tools
        if actions.create_sandbox:
            words = "Pod sandbox changed, it will be killed and re-created."
            tools.tell("Normal", "SandboxChanged", words)
        else:
            self.prober.forget(self.pod.uid)
        evicted = self.view.reason == eviction.REASON
        end_pod(tools, status, eviction.GRACE_S if evicted else None)

    def _start(self, actions: PodActions, sandbox_id: str) -> None:
        starter = self._starter
        if not (actions.init or actions.containers):
            return
        do_all([partial(starter.prepare, sandbox_id)])
        self._outdated = False
        # Sidecars that start again may be several; each goes on beside the others.
        starts = (*actions.init, *actions.containers)
        do_all(partial(starter.start_container, start, sandbox_id) for start in starts)

    def _bring_up_to_date(self, actions: PodActions, status: PodStatus) -> None:
        """Write what has changed into the volumes of a pod that runs.

        What is missing is told, and looked for again by later passes; the pod goes on with what
        it has.
        """
        sandbox = status.sandbox
        if not self._outdated or actions.kill_pod or sandbox is None or not sandbox.ready:
            return
        if not any(map(has_files, self.pod.spec.volumes)):
            return
        with contextlib.suppress(VolumeError):
            do_all([partial(self._starter.prepare, sandbox.id)])
            self._outdated = False

    def _leave_held(self, actions: PodActions) -> PodActions:
        """Without the starts that have to wait, and without the memory of what no longer does."""
        now = self.clock.now()
        held = self._starter.held
        wanted = {start.name for start in (*actions.init, *actions.containers)}
        for name in [name for name in held if name not in wanted]:
            del held[name]

        def free(starts: Iterable[ContainerStart]) -> tuple[ContainerStart, ...]:
            return tuple(s for s in starts if s.name not in held or held[s.name].until <= now)

        return replace(actions, init=free(actions.init), containers=free(actions.containers))

    def _enforce_limits(self, status: PodStatus) -> None:
        """Fail a pod whose time is up, or that holds too much."""
        now = self.clock.now()
        failure = find_failure(self.pod, status, self.view, now, self._excess)
        if failure is not None:
            reason, message = failure.reason, failure.message
            self._starter.tools.tell(failure.type, reason, message)
            failed = replace(self.view, phase=Phase.FAILED, reason=reason, message=message)
            self._set_view(failed)

    def _tell_view(self, status: PodStatus) -> None:
        """Have others know what cannot be seen on the engine, and probes what runs now."""
        self.prober.follow(self.pod, status)
        specs = {container.name: container for container in self.pod.spec.all_containers}
        for ended in status.containers:
            spec = specs.get(ended.name)
            if spec and ended.state is RunState.EXITED and ended.id not in self._messages:
                self._messages[ended.id] = self.messages.read(self.pod, spec, ended.id)
        present = {container.id for container in status.containers}
        self._messages = {key: text for key, text in self._messages.items() if key in present}
        held = {name: error.waiting for name, error in self._starter.held.items()}
        self._set_view(
            compute_view(
                self.pod,
                status,
                self.view,
                self.clock.now(),
                health=self.prober.results(self.pod),
                waiting=held,
                messages=self._messages,
            )
        )

    def _set_view(self, view: PodView) -> None:
        if view != self.view:
            self.view = view
            self.keep_view(view)


def _render_back_off(pod: Pod, container: str) -> str:
    """The event's words, which tell no delay, so that its repetitions are counted.

    Source: doBackOff in kubernetes pkg/kubelet/kuberuntime/kuberuntime_manager.go.
    """
    where = f"{pod.name}_{pod.namespace}({pod.uid})"
    return f"Back-off restarting failed container {container} in pod {where}"

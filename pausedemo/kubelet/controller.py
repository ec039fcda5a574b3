"""A pod's kubelet: observe the engine, compute what to do, do it; again at every event.

Nothing is remembered between two passes but the pod itself. The engine's events only say that it
is time to look; what happened is read off the engine, so a lost event costs one resync.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Final

from pausedemo.clock import Clock
from pausedemo.core import naming
from pausedemo.core.actions import ContainerStart, PodActions, compute_actions
from pausedemo.core.pod import Pod
from pausedemo.core.status import PodStatus, RunState
from pausedemo.engine.port import ContainerConfig, ContainerState, Engine, Event
from pausedemo.errors import EngineError, EngineGone, PausedemoError, TimedOut
from pausedemo.kubelet.observe import is_alive, observe_pod
from pausedemo.kubelet.translate import translate_container, translate_sandbox

#: How long the controller trusts that no event was lost.
RESYNC_S: Final = 10.0
#: How long it waits after a pass that the engine refused.
RETRY_S: Final = 1.0
#: How long the engine may take to note that a sandbox has ended, and how often that is asked.
SANDBOX_END_S: Final = 0.5
SANDBOX_END_POLL_S: Final = 0.02
#: Enough for the containers of one pod; a thread waits for the engine nearly all its life.
THREADS: Final = 8


@dataclass(frozen=True, slots=True)
class PodEvent:
    """Something the kubelet tells about a pod, in Kubernetes' own words. ``type`` is its level."""

    type: str
    reason: str
    message: str
    time: datetime


@dataclass(frozen=True, slots=True)
class PodImages:
    """Which image on the engine stands for the infra container and for each container's image."""

    pause: str
    containers: Mapping[str, str]


@dataclass(slots=True)
class EngineLimits:
    """What an engine turned out not to be able to do; shared by the controllers of one engine.

    Lowering an OOM score takes CAP_SYS_RESOURCE (proc(5), oom_score_adj), which an engine inside
    a container or a small virtual machine may lack; it then refuses to start the sandbox.
    """

    lowers_oom_score: bool = True


@dataclass(slots=True)
class PodController:
    """Keeps one pod as its spec wants it.

    ``labels`` are put on everything it makes. ``record`` is told every event as it happens, from
    the thread that does the work.
    """

    engine: Engine
    pod: Pod
    images: PodImages
    clock: Clock
    labels: Mapping[str, str] = field(default_factory=dict)
    limits: EngineLimits = field(default_factory=EngineLimits)
    record: Callable[[PodEvent], None] = lambda _event: None

    def sync(self) -> PodActions:
        """One pass: observe, compute, apply. What was decided; EngineError when refused."""
        status = self.observe()
        actions = compute_actions(self.pod, status, self.clock.now())
        self.apply(actions, status)
        return actions

    def observe(self) -> PodStatus:
        """What is on the engine now."""
        return observe_pod(self.engine, self.pod.uid)

    def plan_first(self) -> tuple[ContainerConfig, ...]:
        """What it creates for a pod that is not there yet: the sandbox, then its containers.

        The members join the sandbox by its name here, as a person would write it.
        """
        sandbox = translate_sandbox(self.pod, 0, self.images.pause, self.labels)
        members = [
            translate_container(
                self.pod,
                ContainerStart(container.name, 0, 0),
                sandbox.name,
                self.images.containers[container.image],
                self.labels,
            )
            for container in self.pod.spec.all_containers
        ]
        return (sandbox, *members)

    def run(self, stop: threading.Event, wake: threading.Event, resync_s: float = RESYNC_S) -> None:
        """Sync at once, at every event, when a back-off ends, and after ``resync_s`` at the latest.

        Returns soon after ``stop`` and then ``wake`` are set. Raises EngineGone when the engine
        does not answer any more; anything else it refuses is told as an event and tried again.
        """
        with self.engine.events({naming.POD_UID: self.pod.uid}) as stream:
            gone: list[EngineGone] = []

            def listen() -> None:
                try:
                    for event in stream:
                        self._wait_until_listed(event)
                        wake.set()
                except EngineGone as error:
                    gone.append(error)
                finally:
                    wake.set()

            listener = threading.Thread(target=listen, name="pod-events", daemon=True)
            listener.start()
            try:
                while not stop.is_set():
                    wake.clear()
                    pause_s = self._sync_and_plan(resync_s)
                    if gone:
                        raise gone[0]
                    if pause_s is None:
                        # Not at an event: those of the failed pass itself would wake it at once.
                        self.clock.wait(stop, RETRY_S)
                    else:
                        self.clock.wait(wake, pause_s)
            finally:
                stream.close()
                listener.join(timeout=RETRY_S)

    def apply(self, actions: PodActions, status: PodStatus) -> None:
        """Carry out, in the kubelet's order: kill, stop the sandbox, new sandbox, start."""
        with ThreadPoolExecutor(THREADS, thread_name_prefix="pod") as threads:
            if actions.kill_pod:
                if actions.create_sandbox:
                    self._tell(
                        "Normal",
                        "SandboxChanged",
                        "Pod sandbox changed, it will be killed and re-created.",
                    )
                self._kill_pod(status, threads)
            sandbox_id = status.sandbox.id if status.sandbox else ""
            if actions.create_sandbox:
                # In a thread, like all that creates: a signal that ends the main thread's wait
                # must not cut a request in two, or what it made would be found by nobody.
                sandbox_id = threads.submit(self._create_sandbox, actions.attempt).result()
            starts = (*([actions.init] if actions.init else []), *actions.containers)
            _do_all(threads, [partial(self._start_container, s, sandbox_id) for s in starts])
        for waiting in actions.waiting:
            self._tell("Warning", "BackOff", waiting.message(self.pod))
        if status.containers and not actions.nothing:
            self._collect_garbage()

    def _wait_until_listed(self, event: Event) -> None:
        """Wait until the engine's list knows of a container's end.

        dockerd tells an end before its list shows it, and holds the container's lock until both
        are done; inspect waits for that lock (moby, daemon/monitor.go ``handleContainerExit``).
        A look at the list in between would see a running container, and no event would follow.
        """
        if event.action == "die":
            with contextlib.suppress(EngineError, TimedOut):
                self.engine.inspect_container(event.container_id)

    def _sync_and_plan(self, resync_s: float) -> float | None:
        """One pass, and the seconds until the next is due without an event; None if it failed."""
        try:
            actions = self.sync()
        except EngineGone:
            raise
        except PausedemoError as error:
            self._tell("Warning", "FailedSync", f"error: {error}")
            return None
        now = self.clock.now()
        dues = [(waiting.until - now).total_seconds() for waiting in actions.waiting]
        return max(0.0, min([resync_s, *dues]))

    def _kill_pod(self, status: PodStatus, threads: ThreadPoolExecutor) -> None:
        grace_s = self.pod.spec.termination_grace_period_seconds
        running = [c for c in status.containers if c.state is RunState.RUNNING]
        for container in running:
            self._tell("Normal", "Killing", f"Stopping container {container.name}")
        _do_all(threads, [partial(self.engine.stop_container, c.id, grace_s) for c in running])
        ready = [sandbox for sandbox in status.sandboxes if sandbox.ready]
        _do_all(threads, [partial(self.engine.stop_container, s.id, grace_s) for s in ready])

    def _create_sandbox(self, attempt: int) -> str:
        config = translate_sandbox(self.pod, attempt, self.images.pause, self.labels)
        bare = replace(config, oom_score_adj=None)
        if not self.limits.lowers_oom_score:
            return self._create_and_start(bare)
        try:
            return self._create_and_start(config)
        except EngineError:
            # Was it the OOM score? Only an engine that then succeeds says so.
            sandbox_id = self._create_and_start(bare)
            self.limits.lowers_oom_score = False
            return sandbox_id

    def _create_and_start(self, config: ContainerConfig) -> str:
        container_id = self.engine.create_container(config)
        try:
            self.engine.start_container(container_id)
        except EngineError:
            # Nothing will ever run in it; the next pass makes another.
            self.engine.remove_container(container_id)
            raise
        return container_id

    def _start_container(self, start: ContainerStart, sandbox_id: str) -> None:
        spec = next(c for c in self.pod.spec.all_containers if c.name == start.name)
        config = translate_container(
            self.pod, start, sandbox_id, self.images.containers[spec.image], self.labels
        )
        container_id = self.engine.create_container(config)
        self._tell("Normal", "Created", f"Created container {start.name}")
        try:
            self.engine.start_container(container_id)
        except EngineGone:
            raise
        except PausedemoError as error:
            if self._has_ended_soon(sandbox_id):
                # It was the sandbox that failed, seen as running a moment ago: nothing of this
                # start may count, or the container would wait out a back-off it did not earn.
                self.engine.remove_container(container_id)
                return
            # Its error on the engine is its status, and the kubelet's rules decide when it is
            # tried again.
            self._tell("Warning", "Failed", f"Error: {error}")
            self._keep_error(container_id, config, error)
        else:
            self._tell("Normal", "Started", f"Started container {start.name}")

    def _keep_error(self, container_id: str, config: ContainerConfig, error: Exception) -> None:
        """See to it that the engine knows of a start that failed.

        podman 4.3 leaves the container as if nobody had tried to start it; it would be tried
        again without an end and without a back-off. Labels cannot be changed, so it is made anew
        with the error on one.
        """
        info = self.engine.inspect_container(container_id)
        if info.state is ContainerState.CREATED and not (info.exit_code or info.error):
            self.engine.remove_container(container_id)
            labels = {**config.labels, naming.START_ERROR: str(error)}
            self.engine.create_container(replace(config, labels=labels))

    def _has_ended_soon(self, sandbox_id: str) -> bool:
        """Whether a sandbox has ended, or does so while the engine still notes its end."""
        never = threading.Event()
        deadline = self.clock.monotonic() + SANDBOX_END_S
        while is_alive(self.engine.inspect_container(sandbox_id).state):
            if self.clock.monotonic() > deadline:
                return False
            self.clock.wait(never, SANDBOX_END_POLL_S)
        return True

    def _collect_garbage(self) -> None:
        """Remove dead containers but the last of each name, and sandboxes nothing belongs to.

        Dead is what does not run, as for the kubelet: also what a killed controller has created
        and never started.

        Source: kubernetes pkg/kubelet/kuberuntime/kuberuntime_gc.go, MaxPerPodContainer 1.
        """
        status = self.observe()
        kept_dead: set[str] = set()
        kept_sandboxes = {status.sandbox.id} if status.sandbox else set()
        for container in status.containers:
            if container.state is not RunState.RUNNING:
                if container.name in kept_dead:
                    self.engine.remove_container(container.id)
                    continue
                kept_dead.add(container.name)
            kept_sandboxes.add(container.sandbox_id)
        for sandbox in status.sandboxes:
            if not sandbox.ready and sandbox.id not in kept_sandboxes:
                self.engine.remove_container(sandbox.id)

    def _tell(self, level: str, reason: str, message: str) -> None:
        self.record(PodEvent(level, reason, message, self.clock.now()))


def _do_all(threads: ThreadPoolExecutor, calls: Iterable[Callable[[], None]]) -> None:
    """Make all calls at once, wait for every one, then raise the first error there was."""
    futures = [threads.submit(call) for call in calls]
    wait(futures)
    for future in futures:
        future.result()

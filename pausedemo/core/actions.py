"""What a kubelet does next for a pod: a pure function of its spec, its status and the time.

The rules are those of ``computePodActions``, ``podSandboxChanged`` and ``doBackOff`` in
kubernetes pkg/kubelet/kuberuntime/kuberuntime_manager.go. The kubelet keeps its back-off in
memory; here each container bears, as a label, how long its successor must wait after its end, so
that a restarted pausedemo goes on where the last one stopped.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pausedemo.core.manifest import Container, RestartPolicy
from pausedemo.core.pod import Pod
from pausedemo.core.status import ContainerStatus, PodStatus, RunState

FIRST_BACK_OFF_S: Final = 10
LONGEST_BACK_OFF_S: Final = 300


@dataclass(frozen=True, slots=True)
class ContainerStart:
    """Start this container with that count; its own successor waits ``back_off_s`` seconds."""

    name: str
    restart_count: int
    back_off_s: int


@dataclass(frozen=True, slots=True)
class BackOff:
    """This container waits until ``until``, ``delay_s`` seconds after its last end."""

    name: str
    delay_s: int
    until: datetime

    def message(self, pod: Pod) -> str:
        """The kubelet's words for it."""
        where = f"{pod.name}_{pod.namespace}({pod.uid})"
        return (
            f"back-off {render_go_duration(self.delay_s)} restarting failed "
            f"container={self.name} pod={where}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PodActions:
    """What to do, in this order: kill, stop the sandbox, make a new one, start.

    ``kill_pod`` ends all containers and the sandbox. ``attempt`` belongs to the sandbox to be
    created. ``init`` is the one init container to run now; ``containers`` start in parallel.
    """

    kill_pod: bool = False
    create_sandbox: bool = False
    attempt: int = 0
    init: ContainerStart | None = None
    containers: tuple[ContainerStart, ...] = ()
    waiting: tuple[BackOff, ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether the pod is as it should be, or can only wait."""
        return not (self.kill_pod or self.create_sandbox or self.init or self.containers)


def compute_actions(pod: Pod, status: PodStatus, now: datetime) -> PodActions:
    """Decide what brings the pod nearer to its spec."""
    changed, attempt = _compute_sandbox_change(pod, status)
    if changed:
        return _compute_new_sandbox(pod, status, attempt, now)
    init = _compute_init(pod, status)
    if init.failed and pod.spec.restart_policy is RestartPolicy.NEVER:
        return PodActions(kill_pod=True, attempt=attempt)
    if not init.done:
        starts, waiting = _compute_starts([init.next] if init.next else [], status, now)
        return PodActions(attempt=attempt, init=next(iter(starts), None), waiting=waiting)
    wanted = [c for c in pod.spec.containers if _should_start(pod, status.latest(c.name))]
    starts, waiting = _compute_starts(wanted, status, now)
    kept = any(_runs(status.latest(container.name)) for container in pod.spec.containers)
    return PodActions(
        # Nothing runs and nothing will: the pod has ended, and so does its sandbox.
        kill_pod=not wanted and not kept,
        attempt=attempt,
        containers=starts,
        waiting=waiting,
    )


def _compute_sandbox_change(pod: Pod, status: PodStatus) -> tuple[bool, int]:
    """Whether a new sandbox is due, and the attempt it (or else the present one) bears."""
    newest = status.sandbox
    if newest is None:
        return True, 0
    ready = sum(sandbox.ready for sandbox in status.sandboxes)
    on_host = newest.network_mode == "host"
    changed = (
        ready > 1
        or not newest.ready
        or on_host != pod.spec.host_network
        or (not on_host and not newest.ip)
    )
    return changed, newest.attempt + 1 if changed else newest.attempt


def _compute_new_sandbox(pod: Pod, status: PodStatus, attempt: int, now: datetime) -> PodActions:
    # What is left of a pod that gets no new sandbox is ended once, and not again and again.
    end = PodActions(kill_pod=_is_alive(status), attempt=attempt)
    if pod.spec.restart_policy is RestartPolicy.NEVER and attempt and status.containers:
        return end
    wanted = [
        container
        for container in pod.spec.containers
        if not (
            pod.spec.restart_policy is RestartPolicy.ON_FAILURE
            and _succeeded(status.latest(container.name))
        )
    ]
    # kubernetes#92614: a pod that has done its work gets no new sandbox.
    if not wanted and _compute_init(pod, status).done:
        return end
    first = pod.spec.init_containers[:1]
    starts, waiting = _compute_starts(first or wanted, status, now)
    return PodActions(
        # Containers may have outlived a sandbox that somebody removed.
        kill_pod=bool(status.sandboxes or status.containers),
        create_sandbox=True,
        attempt=attempt,
        init=next(iter(starts), None) if first else None,
        containers=() if first else starts,
        waiting=waiting,
    )


@dataclass(frozen=True, slots=True)
class _Init:
    """How far initialisation is. ``next`` is to start; ``failed``: because its last run failed."""

    next: Container | None = None
    failed: bool = False
    done: bool = False


def _compute_init(pod: Pod, status: PodStatus) -> _Init:
    """How far the init containers have come in the newest sandbox, or at all when there is none.

    Source: findNextInitContainerToRun, later computeInitContainerActions, in kubernetes
    pkg/kubelet/kuberuntime/kuberuntime_container.go. There a new sandbox purges init containers
    of the one before; here they are overlooked.
    """
    containers = pod.spec.init_containers
    # A main container that is there shows that the init containers are done.
    if not containers or any(_here(status, c) for c in pod.spec.containers):
        return _Init(done=True)
    for index in reversed(range(len(containers))):
        latest = _here(status, containers[index])
        if latest is None:
            continue
        if latest.state is RunState.RUNNING:
            return _Init()
        if not latest.succeeded:
            return _Init(next=containers[index], failed=latest.failed)
        if index + 1 == len(containers):
            return _Init(done=True)
        return _Init(next=containers[index + 1])
    return _Init(next=containers[0])


def _here(status: PodStatus, container: Container) -> ContainerStatus | None:
    """The newest one of a container, if it belongs to the newest sandbox."""
    latest = status.latest(container.name)
    if latest and status.sandbox and latest.sandbox_id != status.sandbox.id:
        return None
    return latest


def _compute_starts(
    wanted: Iterable[Container], status: PodStatus, now: datetime
) -> tuple[tuple[ContainerStart, ...], tuple[BackOff, ...]]:
    """Those that may start now, and those that their back-off holds."""
    starts, waiting = [], []
    for container in wanted:
        last = status.latest(container.name)
        if last is None:
            starts.append(ContainerStart(container.name, 0, 0))
        elif last.state is not RunState.EXITED:
            starts.append(ContainerStart(container.name, last.restart_count + 1, last.back_off_s))
        elif (due_s := last.restart_due_in_s(now)) > 0:
            until = now + timedelta(seconds=due_s)
            waiting.append(BackOff(container.name, last.back_off_s, until))
        else:
            next_s = _compute_next_back_off_s(last)
            starts.append(ContainerStart(container.name, last.restart_count + 1, next_s))
    return tuple(starts), tuple(waiting)


def _compute_next_back_off_s(last: ContainerStatus) -> int:
    if last.back_off_s == 0 or last.back_off_forgotten:
        return FIRST_BACK_OFF_S
    return min(2 * last.back_off_s, LONGEST_BACK_OFF_S)


def _should_start(pod: Pod, latest: ContainerStatus | None) -> bool:
    if latest is None or latest.state is RunState.CREATED:
        return True
    if latest.state is RunState.RUNNING or pod.spec.restart_policy is RestartPolicy.NEVER:
        return False
    return pod.spec.restart_policy is RestartPolicy.ALWAYS or latest.failed


def _runs(latest: ContainerStatus | None) -> bool:
    return latest is not None and latest.state is RunState.RUNNING


def _succeeded(latest: ContainerStatus | None) -> bool:
    return latest is not None and latest.succeeded


def _is_alive(status: PodStatus) -> bool:
    return any(sandbox.ready for sandbox in status.sandboxes) or any(map(_runs, status.containers))


def render_go_duration(seconds: int) -> str:
    """Write whole seconds as Go's time.Duration does: ``10s``, ``1m20s``, ``5m0s``."""
    minutes, rest = divmod(seconds, 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"

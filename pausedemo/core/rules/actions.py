"""What a kubelet does next for a pod: a pure function of its spec, its status and the time.

The rules are those of ``computePodActions`` and ``podSandboxChanged`` in kubernetes
pkg/kubelet/kuberuntime/kuberuntime_manager.go, and of the pod worker's ends of a pod in
pkg/kubelet/kubelet.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from pausedemo.core.manifest import Container, RestartPolicy
from pausedemo.core.pods.pod import Pod
from pausedemo.core.pods.status import ContainerStatus, PodStatus, RunState
from pausedemo.core.rules.backoff import (
    BackOff,
    ContainerStart,
    compute_start_after_kill,
    compute_starts,
    render_go_duration,
)
from pausedemo.core.rules.health import Health
from pausedemo.core.rules.initialising import Initialisation, compute_initialisation
from pausedemo.core.rules.killing import ContainerKill, find_kill
from pausedemo.core.rules.restarts import restarts_on_failure, should_start

__all__ = [
    "BackOff",
    "ContainerKill",
    "ContainerStart",
    "PodActions",
    "compute_actions",
    "render_go_duration",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PodActions:
    """What to do, in this order: kill, stop the sandbox, make a new one, start.

    ``kill_pod`` ends all containers and the sandbox; ``kill`` only these containers. ``attempt``
    belongs to the sandbox to be created. ``init`` are the init containers to start, in order;
    ``containers`` start in parallel. ``remove``: the pod has been deleted and nothing of it runs
    any more, so that the rest of it can go.
    """

    kill_pod: bool = False
    create_sandbox: bool = False
    attempt: int = 0
    kill: tuple[ContainerKill, ...] = ()
    init: tuple[ContainerStart, ...] = ()
    containers: tuple[ContainerStart, ...] = ()
    waiting: tuple[BackOff, ...] = ()
    remove: bool = False

    @property
    def nothing(self) -> bool:
        """Whether the pod is as it should be, or can only wait."""
        return not (
            self.kill_pod
            or self.create_sandbox
            or self.kill
            or self.init
            or self.containers
            or self.remove
        )


def compute_actions(
    pod: Pod,
    status: PodStatus,
    now: datetime,
    health: Mapping[str, Health] | None = None,
    *,
    failed: bool = False,
) -> PodActions:
    """Decide what brings the pod nearer to its spec.

    ``health`` is what probes have found, by container id. ``failed``: the pod has been ended for
    good, whatever its containers would do.
    """
    known = health or {}
    if pod.deletion is not None:
        alive = _is_alive(status)
        return PodActions(kill_pod=alive, attempt=_newest_attempt(status), remove=not alive)
    if failed:
        return PodActions(kill_pod=_is_alive(status), attempt=_newest_attempt(status))
    changed, attempt = _compute_sandbox_change(pod, status)
    if changed:
        return _compute_new_sandbox(pod, status, attempt, now)
    inits = compute_initialisation(pod, status, known)
    if inits.failed:
        return PodActions(kill_pod=True, attempt=attempt)
    begun = _compute_inits(inits, status, now, attempt)
    return _compute_mains(pod, status, now, known, begun) if inits.done else begun


def _compute_inits(
    inits: Initialisation, status: PodStatus, now: datetime, attempt: int
) -> PodActions:
    starts, waiting = _compute_starts(inits.start, inits.kill, status, now)
    return PodActions(attempt=attempt, init=starts, waiting=waiting, kill=inits.kill)


def _compute_mains(
    pod: Pod,
    status: PodStatus,
    now: datetime,
    health: Mapping[str, Health],
    begun: PodActions,
) -> PodActions:
    """Add what the main containers need to what the init containers need."""
    wanted: list[Container] = []
    kills: list[ContainerKill] = []
    kept = 0
    for container in pod.spec.containers:
        latest = status.latest(container.name)
        if latest is None or latest.state is not RunState.RUNNING:
            if should_start(pod, container, latest):
                wanted.append(container)
        elif (kill := find_kill(pod, container, latest, health)) is None:
            kept += 1
        elif kill.changed or restarts_on_failure(pod):
            wanted.append(container)
            kills.append(replace(kill, message=f"{kill.message}, will be restarted"))
        else:
            kills.append(kill)
    if not wanted and not kept:
        # Nothing runs and nothing will: the pod has ended, and so does its sandbox.
        return PodActions(kill_pod=True, attempt=begun.attempt)
    starts, waiting = _compute_starts(wanted, kills, status, now)
    return replace(
        begun,
        containers=starts,
        waiting=begun.waiting + waiting,
        kill=begun.kill + tuple(kills),
    )


def _compute_starts(
    wanted: Iterable[Container],
    kills: Iterable[ContainerKill],
    status: PodStatus,
    now: datetime,
) -> tuple[tuple[ContainerStart, ...], tuple[BackOff, ...]]:
    """Those that may start in this pass, after the kills; and those that their back-off holds."""
    killed = {kill.name for kill in kills}
    starts: list[ContainerStart] = []
    waiting: list[BackOff] = []
    for container in wanted:
        latest = status.latest(container.name)
        if container.name in killed and latest is not None:
            start = compute_start_after_kill(latest, status, now)
            starts += [start] if start else []
        else:
            more, held = compute_starts([container], status, now)
            starts += more
            waiting += held
    return tuple(starts), tuple(waiting)


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
    if not wanted:
        return end
    first = pod.spec.init_containers[:1]
    starts, waiting = compute_starts(first or wanted, status, now)
    return PodActions(
        # Containers may have outlived a sandbox that somebody removed.
        kill_pod=bool(status.sandboxes or status.containers),
        create_sandbox=True,
        attempt=attempt,
        init=starts if first else (),
        containers=() if first else starts,
        waiting=waiting,
    )


def _newest_attempt(status: PodStatus) -> int:
    return status.sandbox.attempt if status.sandbox else 0


def _runs(latest: ContainerStatus | None) -> bool:
    return latest is not None and latest.state is RunState.RUNNING


def _succeeded(latest: ContainerStatus | None) -> bool:
    return latest is not None and latest.succeeded


def _is_alive(status: PodStatus) -> bool:
    return any(sandbox.ready for sandbox in status.sandboxes) or any(map(_runs, status.containers))

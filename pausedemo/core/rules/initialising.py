"""How far a pod's init containers have come, sidecars among them.

Source: computeInitContainerActions in kubernetes
pkg/kubelet/kuberuntime/kuberuntime_container.go. There a new sandbox purges the init containers
of the one before; here they are overlooked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pausedemo.core.manifest import Container
from pausedemo.core.pods.pod import Pod
from pausedemo.core.pods.status import ContainerStatus, PodStatus, RunState
from pausedemo.core.rules.health import Health, Unhealthy, compute_health
from pausedemo.core.rules.killing import ContainerKill, find_kill
from pausedemo.core.rules.restarts import restarts_on_failure


@dataclass(frozen=True, slots=True)
class Initialisation:
    """What there is to do. ``start``: in the pod's order, and those of ``kill`` after their end.

    ``done``: the main containers may start. ``failed``: one has failed and will not run again.
    """

    start: tuple[Container, ...] = ()
    kill: tuple[ContainerKill, ...] = ()
    done: bool = False
    failed: bool = False


def here(status: PodStatus, container: Container) -> ContainerStatus | None:
    """The newest one of a container, if it belongs to the newest sandbox."""
    latest = status.latest(container.name)
    if latest and status.sandbox and latest.sandbox_id != status.sandbox.id:
        return None
    return latest


def is_initialised(pod: Pod, status: PodStatus) -> bool:
    """Whether a main container of the newest sandbox shows that the init containers are done."""
    return any(here(status, container) for container in pod.spec.containers)


def compute_initialisation(
    pod: Pod, status: PodStatus, health: Mapping[str, Health]
) -> Initialisation:
    """What the init containers need, last to first: the last that is there tells how far it is."""
    inits = pod.spec.init_containers
    done = not inits or is_initialised(pod, status)
    past = done
    start: list[Container] = []
    kill: list[ContainerKill] = []
    for index in reversed(range(len(inits))):
        container, latest = inits[index], here(status, inits[index])
        if latest is None:
            if past and container.is_sidecar:
                start.append(container)
            continue
        if past and not container.is_sidecar:
            continue
        step = _look_at(pod, container, latest, health)
        if step.failed:
            return Initialisation(failed=True)
        start += step.start
        kill += step.kill
        if step.done and index + 1 == len(inits):
            done = True
        elif step.done and not past:
            start.append(inits[index + 1])
        past = True
    if not past:
        start.append(inits[0])
    names = {container.name for container in start}
    in_order = tuple(container for container in inits if container.name in names)
    return Initialisation(start=in_order, kill=tuple(kill), done=done)


def _look_at(
    pod: Pod, container: Container, latest: ContainerStatus, health: Mapping[str, Health]
) -> Initialisation:
    """What one of them needs. ``done``: the next one may start."""
    if latest.state is RunState.CREATED:
        return Initialisation(start=(container,))
    if not container.is_sidecar:
        return _look_at_ordinary(pod, container, latest)
    if latest.state is RunState.EXITED:
        return Initialisation(start=(container,))
    kill = find_kill(pod, container, latest, health, "Init container")
    again = (container,) if kill else ()
    kills = (kill,) if kill else ()
    known = compute_health(container, latest.id, health)
    return Initialisation(
        start=again, kill=kills, done=known.started and known.unhealthy is not Unhealthy.STARTUP
    )


def _look_at_ordinary(pod: Pod, container: Container, latest: ContainerStatus) -> Initialisation:
    if latest.state is RunState.RUNNING:
        return Initialisation()
    if not latest.failed:
        return Initialisation(done=True)
    if restarts_on_failure(pod):
        return Initialisation(start=(container,))
    return Initialisation(failed=True)

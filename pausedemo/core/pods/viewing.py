"""What a pod's kubelet has to tell others, since it cannot be seen on the engine."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pausedemo.core.manifest import Container
from pausedemo.core.pods.pod import Pod
from pausedemo.core.pods.podview import ContainerView, PodView, Waiting
from pausedemo.core.pods.status import PodStatus, RunState
from pausedemo.core.rules.health import Health, compute_health


def compute_view(
    pod: Pod,
    status: PodStatus,
    before: PodView,
    now: datetime,
    *,
    health: Mapping[str, Health],
    waiting: Mapping[str, Waiting],
    messages: Mapping[str, str],
) -> PodView:
    """The view that follows one. What it was made from: containers that wait, by name; messages.

    A pod without probes, of which nothing waits, has none to tell: it equals ``PodView()``.
    """
    containers: dict[str, ContainerView] = {}
    for container in pod.spec.all_containers:
        view = _view_container(container, status, before, now, health, waiting)
        if view is not None:
            containers[container.name] = view
    present = {one.id for one in status.containers if one.state is RunState.EXITED}
    return PodView(
        phase=before.phase,
        reason=before.reason,
        message=before.message,
        containers=containers,
        messages={key: text for key, text in messages.items() if text and key in present},
    )


def _view_container(
    container: Container,
    status: PodStatus,
    before: PodView,
    now: datetime,
    health: Mapping[str, Health],
    waiting: Mapping[str, Waiting],
) -> ContainerView | None:
    latest = next(iter(status.reported(container.name)), None)
    if latest is None or latest.state is not RunState.RUNNING:
        why = waiting.get(container.name)
        return ContainerView(waiting=why) if why else None
    if container.readiness_probe is None and container.startup_probe is None:
        return None
    known = compute_health(container, latest.id, health)
    told = before.containers.get(container.name)
    same = told is not None and told.container_id == latest.id and told.ready == known.ready
    return ContainerView(
        container_id=latest.id,
        ready=known.ready,
        started=known.started,
        since=told.since if told is not None and same else now.isoformat(),
    )

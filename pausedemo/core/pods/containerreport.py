"""One container's status as Kubernetes tells it.

Source: convertToAPIContainerStatuses in kubernetes pkg/kubelet/kubelet_pods.go, UpdatePodStatus in
pkg/kubelet/prober/prober_manager.go.
"""

from __future__ import annotations

from datetime import datetime

from pausedemo.core.manifest import Container
from pausedemo.core.pods.pod import Pod
from pausedemo.core.pods.podreport import (
    ContainerReport,
    State,
    StateRunning,
    StateTerminated,
    StateWaiting,
)
from pausedemo.core.pods.podview import PodView
from pausedemo.core.pods.status import ContainerStatus, PodStatus, RunState
from pausedemo.core.rules.backoff import render_back_off, waits_for_back_off
from pausedemo.core.rules.health import Health, compute_health
from pausedemo.core.rules.initialising import here, is_initialised
from pausedemo.core.rules.restarts import is_init, should_start


def report_container(
    pod: Pod, container: Container, status: PodStatus, view: PodView, now: datetime
) -> ContainerReport:
    """The status of one container of any kind at ``now``."""
    seen = status.reported(container.name)
    current = seen[0] if seen else None
    initial = is_init(pod, container)
    state, last = _compute_states(pod, container, status, view, now)
    health = _compute_health(container, current, view)
    runs = isinstance(state, StateRunning)
    ready = runs and health.started and health.ready
    if initial and not container.is_sidecar:
        ready = isinstance(state, StateTerminated) and state.exit_code == 0
    return ContainerReport(
        name=container.name,
        image=container.image,
        state=state,
        ready=ready,
        restart_count=current.restart_count if current else 0,
        started=runs and health.started,
        last_state=last,
        image_id=current.image_id if current else "",
        container_id=current.id if current else "",
        sidecar=initial and container.is_sidecar,
    )


def _compute_health(container: Container, current: ContainerStatus | None, view: PodView) -> Health:
    if current is None:
        return Health(ready=False, started=False)
    told = view.containers.get(container.name)
    if told is not None and told.container_id == current.id:
        return Health(ready=told.ready, started=told.started)
    return compute_health(container, current.id, {})


def _compute_states(
    pod: Pod, container: Container, status: PodStatus, view: PodView, now: datetime
) -> tuple[State, StateTerminated | None]:
    """Its state, and how the run before has ended."""
    seen = status.reported(container.name)
    current = seen[0] if seen else None
    before = _terminated(seen[1], view) if len(seen) > 1 else None
    initial = is_init(pod, container)
    if current is None:
        if initial and not container.is_sidecar and is_initialised(pod, status):
            # It has done its work, or no main container would be there, and was removed since.
            return StateTerminated(exit_code=0, reason="Completed"), None
        return _waiting(pod, container, view), None
    if current.state is RunState.RUNNING:
        return StateRunning(current.started_at or current.created_at), before
    ended = _terminated(current, view)
    if initial and here(status, container) is None and not is_initialised(pod, status):
        # Of a sandbox that is no more: it is to run again in the new one.
        return StateWaiting("PodInitializing"), ended
    if initial and not container.is_sidecar and current.succeeded:
        return ended, before
    if pod.deletion is None and not view.phase and should_start(pod, container, current):
        told = view.containers.get(container.name)
        if told is not None and told.waiting is not None:
            return StateWaiting(told.waiting.reason, told.waiting.message), ended
        if waits_for_back_off(current, now):
            words = render_back_off(pod, container.name, current.back_off_s)
            return StateWaiting("CrashLoopBackOff", words), ended
    return ended, before


def _waiting(pod: Pod, container: Container, view: PodView) -> StateWaiting:
    told = view.containers.get(container.name)
    if told is not None and told.waiting is not None:
        return StateWaiting(told.waiting.reason, told.waiting.message)
    return StateWaiting("PodInitializing" if pod.spec.init_containers else "ContainerCreating")


def _terminated(one: ContainerStatus, view: PodView) -> StateTerminated:
    # What could not start began, too, when it was made: dockershim and cri-dockerd tell it so "to
    # avoid the confusion". Source: ContainerStatus, cri-dockerd, core/container_status.go.
    could_not_start = one.state is RunState.EXITED and one.started_at is None
    return StateTerminated(
        exit_code=one.exit_code,
        reason=one.reason,
        message=view.messages.get(one.id, "") or one.error,
        started_at=one.created_at if could_not_start else one.started_at,
        finished_at=one.finished_at or (one.created_at if could_not_start else None),
        container_id=one.id,
    )

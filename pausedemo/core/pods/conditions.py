"""The conditions of a pod, in the kubelet's order and words.

Source: kubernetes pkg/kubelet/status/generate.go.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pausedemo.core.pods.pod import Pod
from pausedemo.core.pods.podreport import (
    Condition,
    ContainerReport,
    Phase,
    StateRunning,
    StateTerminated,
    StateWaiting,
)
from pausedemo.core.pods.podview import PodView
from pausedemo.core.pods.status import PodStatus


def compute_conditions(
    pod: Pod,
    status: PodStatus,
    view: PodView,
    phase: Phase,
    inits: tuple[ContainerReport, ...],
    mains: tuple[ContainerReport, ...],
) -> tuple[Condition, ...]:
    """All that a kubelet of Kubernetes 1.31 tells."""
    ready = _compute_containers_ready(pod, view, phase, inits, mains)
    return (
        _compute_ready_to_start(pod, status),
        _compute_initialized(pod, phase, inits, mains),
        Condition(
            type="Ready",
            status=ready.status,
            changed_at=ready.changed_at,
            reason=ready.reason,
            message=ready.message,
        ),
        ready,
        Condition(type="PodScheduled", status=True, changed_at=pod.created_at),
    )


def _compute_ready_to_start(pod: Pod, status: PodStatus) -> Condition:
    sandbox = status.sandbox
    changed_at = pod.created_at if sandbox is None else sandbox.finished_at or sandbox.created_at
    return Condition(
        type="PodReadyToStartContainers",
        status=sandbox is not None
        and sandbox.ready
        and bool(sandbox.ip or sandbox.network_mode == "host"),
        changed_at=changed_at,
    )


def _compute_initialized(
    pod: Pod,
    phase: Phase,
    inits: tuple[ContainerReport, ...],
    mains: tuple[ContainerReport, ...],
) -> Condition:
    incomplete = [one.name for one in inits if not (one.started if one.sidecar else one.ready)]
    # What a main container's start shows is not undone by a sidecar that starts again.
    begun = any(one.begun for one in mains)
    if phase is Phase.SUCCEEDED or begun or not incomplete:
        reason = "PodCompleted" if phase is Phase.SUCCEEDED else ""
        return Condition(
            type="Initialized",
            status=True,
            changed_at=_latest(pod.created_at, map(_came_this_far, inits)),
            reason=reason,
        )
    return Condition(
        type="Initialized",
        status=False,
        changed_at=pod.created_at,
        reason="ContainersNotInitialized",
        message=f"containers with incomplete status: [{' '.join(incomplete)}]",
    )


def _compute_containers_ready(
    pod: Pod,
    view: PodView,
    phase: Phase,
    inits: tuple[ContainerReport, ...],
    mains: tuple[ContainerReport, ...],
) -> Condition:
    counted = [*(one for one in inits if one.sidecar), *mains]
    unready = [one.name for one in counted if not one.ready]
    ended = {Phase.SUCCEEDED: "PodCompleted", Phase.FAILED: "PodFailed"}
    if phase in ended:
        reason, message = ended[phase], ""
    elif unready:
        reason = "ContainersNotReady"
        message = f"containers with unready status: [{' '.join(unready)}]"
    else:
        reason = message = ""
    return Condition(
        type="ContainersReady",
        status=not reason,
        changed_at=_latest(pod.created_at, (_changed_at(one, view) for one in counted)),
        reason=reason,
        message=message,
    )


def _changed_at(report: ContainerReport, view: PodView) -> datetime | None:
    """When a container became ready or ceased to be, as far as it can be seen."""
    told = view.containers.get(report.name)
    if told is not None and told.container_id == report.container_id and told.since:
        return datetime.fromisoformat(told.since)
    match report.state:
        case StateRunning(started_at):
            return started_at
        case StateTerminated(finished_at=end):
            return end
        case StateWaiting():
            return report.last_state.finished_at if report.last_state else None


def _came_this_far(init: ContainerReport) -> datetime | None:
    match init.state:
        case StateTerminated(finished_at=end):
            return end
        case StateRunning(started_at):
            return started_at
        case StateWaiting():
            return None


def _latest(earliest: datetime, times: Iterable[datetime | None]) -> datetime:
    return max([earliest, *(time for time in times if time is not None)])

"""A pod's whole status, from what is wanted, seen on the engine and known to its kubelet.

Source: generateAPIPodStatus, getPhase and convertToAPIContainerStatuses in kubernetes
pkg/kubelet/kubelet_pods.go.
"""

from __future__ import annotations

from datetime import datetime

from pausedemo.core.manifest import RestartPolicy
from pausedemo.core.pods.conditions import compute_conditions
from pausedemo.core.pods.containerreport import report_container
from pausedemo.core.pods.pod import Pod
from pausedemo.core.pods.podreport import (
    ContainerReport,
    Phase,
    PodStatusReport,
    StateRunning,
    StateTerminated,
)
from pausedemo.core.pods.podview import PodView
from pausedemo.core.pods.qos import compute_qos_class
from pausedemo.core.pods.status import PodStatus


def compute_pod_status(
    pod: Pod, status: PodStatus, view: PodView, now: datetime
) -> PodStatusReport:
    """What ``kubectl get pod -o yaml`` would show under ``status`` at ``now``."""
    inits = tuple(report_container(pod, c, status, view, now) for c in pod.spec.init_containers)
    mains = tuple(report_container(pod, c, status, view, now) for c in pod.spec.containers)
    phase = Phase(view.phase) if view.phase else compute_report_phase(pod, inits, mains)
    return PodStatusReport(
        phase=phase,
        conditions=compute_conditions(pod, status, view, phase, inits, mains),
        init_containers=inits,
        containers=mains,
        qos_class=compute_qos_class(pod.spec),
        start_time=pod.created_at,
        ip=status.ip,
        host_ip=status.host_ip,
        reason=view.reason,
        message=view.message,
    )


def compute_report_phase(
    pod: Pod, inits: tuple[ContainerReport, ...], mains: tuple[ContainerReport, ...]
) -> Phase:
    """The phase that follows from the containers."""
    never = pod.spec.restart_policy is RestartPolicy.NEVER
    once = [one for one in inits if not one.sidecar]
    if never and any(one.failed for one in once):
        return Phase.FAILED
    sidecars = [one for one in inits if one.sidecar]
    begun = any(one.begun for one in mains)
    if (
        any(_is_pending(one) for one in once)
        or (any(_is_starting(one) for one in sidecars) and not begun)
        or any(_is_new(one) for one in (*sidecars, *mains))
    ):
        return Phase.PENDING
    if any(isinstance(one.state, StateRunning) for one in (*sidecars, *mains)):
        return Phase.RUNNING
    return _phase_of_ended(pod, mains)


def _phase_of_ended(pod: Pod, mains: tuple[ContainerReport, ...]) -> Phase:
    if pod.spec.restart_policy is RestartPolicy.ALWAYS:
        return Phase.RUNNING
    if all(isinstance(one.state, StateTerminated) and not one.failed for one in mains):
        return Phase.SUCCEEDED
    never = pod.spec.restart_policy is RestartPolicy.NEVER
    return Phase.FAILED if never else Phase.RUNNING


def _is_pending(init: ContainerReport) -> bool:
    """Whether an ordinary init container is still to end."""
    return isinstance(init.state, StateRunning) or _is_new(init)


def _is_starting(sidecar: ContainerReport) -> bool:
    """Whether a sidecar has still to get as far as letting the next one start."""
    return (isinstance(sidecar.state, StateRunning) and not sidecar.started) or _is_new(sidecar)


def _is_new(report: ContainerReport) -> bool:
    return not report.begun

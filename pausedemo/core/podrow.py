"""A pod as ``kubectl get pods`` prints it: phase, reasons, restarts, age.

Computed from what was observed and what is wanted; nothing is remembered between two looks.
Source: kubernetes pkg/kubelet/kubelet_pods.go (phase), pkg/printers/internalversion/printers.go.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pausedemo.core.ages import render_age
from pausedemo.core.manifest import Container, RestartPolicy
from pausedemo.core.pod import Pod
from pausedemo.core.podreport import Phase as Phase
from pausedemo.core.status import ContainerStatus, PodStatus, RunState


@dataclass(frozen=True, slots=True, kw_only=True)
class PodRow:
    """A row of ``kubectl get pods``, as facts. ``restarted_s``: seconds since the last restart."""

    name: str
    namespace: str
    uid: str
    ready: int
    containers: int
    status: str
    restarts: int
    restarted_s: float | None
    age_s: float
    ip: str
    attempt: int | None


def compute_phase(pod: Pod, status: PodStatus) -> Phase:
    """The pod's phase, from its containers and its restart policy.

    Source: getPhase in kubernetes pkg/kubelet/kubelet_pods.go.
    """
    policy = pod.spec.restart_policy
    for container in pod.spec.init_containers:
        latest = _reported(status, container)
        if latest is None or not latest.succeeded:
            never_again = latest is not None and latest.failed and policy is RestartPolicy.NEVER
            return Phase.FAILED if never_again else Phase.PENDING
    everyone = [_reported(status, container) for container in pod.spec.containers]
    started = [latest for latest in everyone if latest]
    if len(started) < len(everyone):
        return Phase.PENDING
    if policy is RestartPolicy.ALWAYS or any(c.state is RunState.RUNNING for c in started):
        return Phase.RUNNING
    if all(latest.succeeded for latest in started):
        return Phase.SUCCEEDED
    return Phase.FAILED if policy is RestartPolicy.NEVER else Phase.RUNNING


def compute_row(pod: Pod, status: PodStatus, now: datetime) -> PodRow:
    """The row that ``kubectl get pods -o wide`` would print at ``now``.

    Source: printPod in kubernetes pkg/printers/internalversion/printers.go. While the pod
    initialises, the restarts are those of its init containers, afterwards those of the others.
    """
    initialising = _find_initialising(pod, status)
    containers = pod.spec.containers
    counted = containers if initialising is None else pod.spec.init_containers[: initialising + 1]
    latest_ones = [latest for c in counted if (latest := _reported(status, c))]
    restarts = sum(latest.restart_count for latest in latest_ones)
    ends = [end for c in counted if (end := _last_end_before_restart(pod, status, c, now))]
    return PodRow(
        name=pod.name,
        namespace=pod.namespace,
        uid=pod.uid,
        ready=sum(_runs(status, container) for container in containers),
        containers=len(containers),
        status=compute_status_word(pod, status, now),
        restarts=restarts,
        restarted_s=(now - max(ends)).total_seconds() if restarts and ends else None,
        age_s=(now - pod.created_at).total_seconds(),
        ip=status.ip,
        attempt=status.sandbox.attempt if status.sandbox else None,
    )


def compute_status_word(pod: Pod, status: PodStatus, now: datetime) -> str:
    """The STATUS column: the phase, or the most telling reason of a container."""
    initialising = _find_initialising(pod, status)
    if initialising is not None:
        latest = _reported(status, pod.spec.init_containers[initialising])
        if latest and latest.failed:
            return f"Init:{_reason(pod, latest, now)}"
        return f"Init:{initialising}/{len(pod.spec.init_containers)}"
    word = str(compute_phase(pod, status))
    # Last to first, so that the first container's reason wins.
    for container in reversed(pod.spec.containers):
        word = _container_reason(pod, container, status, now) or word
    # A pod of which a part has ended and a part runs on is not ready.
    if word == "Completed" and any(_runs(status, c) for c in pod.spec.containers):
        return "NotReady"
    return word


def render_pod_table(rows: Iterable[PodRow], *, wide: bool) -> str:
    """The table of ``kubectl get pods``, with IP, node and gates when ``wide``."""
    header = ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]
    if wide:
        header += ["IP", "NODE", "NOMINATED NODE", "READINESS GATES"]
    cells = [header, *(_row_cells(row, wide=wide) for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(header))]
    # kubectl pads every column by three spaces and leaves none at the end of a line.
    return "\n".join(
        "".join(cell.ljust(width + 3) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    )


def _row_cells(row: PodRow, *, wide: bool) -> list[str]:
    restarts = str(row.restarts)
    if row.restarts and row.restarted_s is not None:
        restarts += f" ({render_age(row.restarted_s)} ago)"
    cells = [row.name, f"{row.ready}/{row.containers}", row.status, restarts]
    cells.append(render_age(row.age_s))
    return [*cells, row.ip or "<none>", "<none>", "<none>", "<none>"] if wide else cells


def _find_initialising(pod: Pod, status: PodStatus) -> int | None:
    """Which init container has not succeeded yet, by index; None when initialisation is done."""
    for index, container in enumerate(pod.spec.init_containers):
        latest = _reported(status, container)
        if latest is None or not latest.succeeded:
            return index
    return None


def _last_end_before_restart(
    pod: Pod, status: PodStatus, container: Container, now: datetime
) -> datetime | None:
    """When the run ended that the next one has followed, or that waits for its back-off."""
    match status.reported(container.name):
        case [latest, *_] if _waits(pod, latest, now):
            return latest.finished_at
        case [_, before, *_]:
            return before.finished_at
        case _:
            return None


def _reported(status: PodStatus, container: Container) -> ContainerStatus | None:
    return next(iter(status.reported(container.name)), None)


def _runs(status: PodStatus, container: Container) -> bool:
    latest = _reported(status, container)
    return latest is not None and latest.state is RunState.RUNNING


def _container_reason(pod: Pod, container: Container, status: PodStatus, now: datetime) -> str:
    latest = _reported(status, container)
    if latest is None:
        return "PodInitializing" if pod.spec.init_containers else "ContainerCreating"
    return _reason(pod, latest, now)


def _reason(pod: Pod, latest: ContainerStatus, now: datetime) -> str:
    return "CrashLoopBackOff" if _waits(pod, latest, now) else latest.reason


def _waits(pod: Pod, latest: ContainerStatus, now: datetime) -> bool:
    """Whether it has ended, is to run again, and its back-off does not let it yet."""
    again = pod.spec.restart_policy is RestartPolicy.ALWAYS or (
        pod.spec.restart_policy is RestartPolicy.ON_FAILURE and latest.failed
    )
    return again and latest.state is RunState.EXITED and latest.restart_due_in_s(now) > 0

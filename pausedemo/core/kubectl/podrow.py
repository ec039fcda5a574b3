"""A pod's row in ``kubectl get pods``.

Source: printPod in kubernetes pkg/printers/internalversion/printers.go.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pausedemo.core.kubectl.objects import (
    KubeObject,
    entries,
    is_condition_true,
    is_sidecar,
    name_of,
    pick,
    render_since,
    text,
)

TITLES: Final = (
    *("NAME", "READY", "STATUS", "RESTARTS", "AGE"),
    *("IP", "NODE", "NOMINATED NODE", "READINESS GATES"),
)
#: So many without ``-o wide``.
NARROW: Final = 5

_NONE: Final = "<none>"


@dataclass(frozen=True, slots=True, kw_only=True)
class PodRow:
    """A row as facts. Times are as the API writes them; ``restarted`` is empty for never."""

    name: str
    ready: int
    containers: int
    status: str
    restarts: int
    restarted: str
    created: str
    ip: str
    node: str


@dataclass(slots=True)
class _Count:
    """What is counted while going through a pod's containers."""

    ready: int = 0
    restarts: int = 0
    restarted: str = ""

    def add_restarts(self, status: KubeObject) -> None:
        self.restarts += int(status.get("restartCount", 0))
        # Written times of one form are ordered as the times are.
        self.restarted = max(self.restarted, text(status, "lastState", "terminated", "finishedAt"))


def compute_row(pod: KubeObject) -> PodRow:
    """What kubectl shows of a pod."""
    init_containers = entries(pod, "spec", "initContainers")
    sidecars = {one["name"] for one in init_containers if is_sidecar(one)}
    status = text(pod, "status", "reason") or text(pod, "status", "phase")
    count, word = _look_at_init(pod, sidecars, len(init_containers))
    if not word or is_condition_true(pod, "Initialized"):
        lasting = _count_sidecars(pod, sidecars)
        lasting.ready = count.ready
        count, status = lasting, _look_at_containers(pod, word or status, lasting)
    else:
        status = word
    if pick(pod, "metadata", "deletionTimestamp") and not _has_ended(pod):
        status = "Terminating"
    ips = entries(pod, "status", "podIPs")
    return PodRow(
        name=name_of(pod),
        ready=count.ready,
        containers=len(entries(pod, "spec", "containers")) + len(sidecars),
        status=status,
        restarts=count.restarts,
        restarted=count.restarted,
        created=text(pod, "metadata", "creationTimestamp"),
        ip=text(ips[0], "ip") if ips else "",
        node=text(pod, "spec", "nodeName"),
    )


def render_cells(row: PodRow, now: datetime) -> list[str]:
    """All cells of the row, those of ``-o wide`` last."""
    restarts = str(row.restarts)
    if row.restarts and row.restarted:
        restarts += f" ({render_since(row.restarted, now)} ago)"
    return [
        row.name,
        f"{row.ready}/{row.containers}",
        row.status,
        restarts,
        render_since(row.created, now),
        row.ip or _NONE,
        row.node or _NONE,
        _NONE,
        _NONE,
    ]


def _look_at_init(pod: KubeObject, sidecars: set[str], total: int) -> tuple[_Count, str]:
    """Restarts and readiness until the first that is not done; the word for it, if there is one."""
    count = _Count()
    for index, status in enumerate(entries(pod, "status", "initContainerStatuses")):
        count.add_restarts(status)
        ended = pick(status, "state", "terminated")
        if ended is not None and ended.get("exitCode", 0) == 0:
            continue
        if status["name"] in sidecars and status.get("started"):
            count.ready += bool(status.get("ready"))
            continue
        if ended is not None:
            return count, f"Init:{_ended_reason(ended)}"
        waiting = text(status, "state", "waiting", "reason")
        if waiting and waiting != "PodInitializing":
            return count, f"Init:{waiting}"
        return count, f"Init:{index}/{total}"
    return count, ""


def _count_sidecars(pod: KubeObject, sidecars: set[str]) -> _Count:
    count = _Count()
    for status in entries(pod, "status", "initContainerStatuses"):
        if status["name"] in sidecars:
            count.add_restarts(status)
    return count


def _look_at_containers(pod: KubeObject, word: str, count: _Count) -> str:
    """Count the containers, and find the word: the first container's reason wins."""
    any_runs = False
    statuses: Iterable[KubeObject] = entries(pod, "status", "containerStatuses")
    for status in reversed(list(statuses)):
        count.add_restarts(status)
        waiting = text(status, "state", "waiting", "reason")
        ended = pick(status, "state", "terminated")
        if waiting:
            word = waiting
        elif ended is not None:
            word = _ended_reason(ended)
        elif status.get("ready") and pick(status, "state", "running") is not None:
            any_runs = True
            count.ready += 1
    if word == "Completed" and any_runs:
        return "Running" if is_condition_true(pod, "Ready") else "NotReady"
    return word


def _ended_reason(ended: KubeObject) -> str:
    if reason := text(ended, "reason"):
        return reason
    if signal := ended.get("signal"):
        return f"Signal:{signal}"
    return f"ExitCode:{ended.get('exitCode', 0)}"


def _has_ended(pod: KubeObject) -> bool:
    return text(pod, "status", "phase") in ("Succeeded", "Failed")


def is_dissolving(before: KubeObject, now: KubeObject) -> bool:
    """Whether a deleted pod has lost containers since: its restarts are not known any more.

    An API server keeps the last status until the pod's end, so the row before is the right one.
    """

    def count(pod: KubeObject) -> int:
        statuses = entries(pod, "status", "containerStatuses")
        return sum("containerID" in status for status in statuses)

    return bool(pick(now, "metadata", "deletionTimestamp")) and count(now) < count(before)

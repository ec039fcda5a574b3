"""A pod as ``kubectl get pods`` prints it: phase, reasons, restarts, age.

The row is kubectl's own, of the object that the API would give; beside it are the facts that only
this side knows exactly.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pausedemo.core.ages import render_age
from pausedemo.core.kubectl import podrow as kubectl
from pausedemo.core.kubectl.objects import parse_time
from pausedemo.core.kubectl.podjson import make_pod
from pausedemo.core.kubectl.tables import Table
from pausedemo.core.pods.pod import Pod
from pausedemo.core.pods.podreport import Phase
from pausedemo.core.pods.podstatus import compute_pod_status
from pausedemo.core.pods.podview import PodView
from pausedemo.core.pods.status import PodStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class PodRow:
    """A row of ``kubectl get pods``, as facts. ``restarted_s``: seconds since the last restart."""

    name: str
    namespace: str
    uid: str
    ready: int
    containers: int
    status: str
    phase: Phase
    restarts: int
    restarted_s: float | None
    age_s: float
    ip: str
    attempt: int | None


def compute_row(pod: Pod, status: PodStatus, view: PodView, now: datetime) -> PodRow:
    """The row that ``kubectl get pods -o wide`` would print at ``now``."""
    report = compute_pod_status(pod, status, view, now)
    row = kubectl.compute_row(make_pod(pod, {}, report, version=""))
    restarted = parse_time(row.restarted)
    return PodRow(
        name=pod.name,
        namespace=pod.namespace,
        uid=pod.uid,
        ready=row.ready,
        containers=row.containers,
        status=row.status,
        phase=report.phase,
        restarts=row.restarts,
        restarted_s=(now - restarted).total_seconds() if restarted and row.restarts else None,
        age_s=(now - pod.created_at).total_seconds(),
        ip=report.ip,
        attempt=status.sandbox.attempt if status.sandbox else None,
    )


def render_pod_table(rows: Iterable[PodRow], *, wide: bool) -> str:
    """The table of ``kubectl get pods``, with IP, node and gates when ``wide``."""
    count = len(kubectl.TITLES) if wide else kubectl.NARROW
    table = Table(kubectl.TITLES[:count])
    return table.render(_row_cells(row)[:count] for row in rows).rstrip("\n")


def _row_cells(row: PodRow) -> list[str]:
    restarts = str(row.restarts)
    if row.restarts and row.restarted_s is not None:
        restarts += f" ({render_age(row.restarted_s)} ago)"
    cells = [row.name, f"{row.ready}/{row.containers}", row.status, restarts]
    return [*cells, render_age(row.age_s), row.ip or "<none>", "<none>", "<none>", "<none>"]

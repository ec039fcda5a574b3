"""Why a kubelet ends a pod for good: its time is up, or it holds too much."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pausedemo.core.pods.pod import Pod
from pausedemo.core.pods.podreport import Phase
from pausedemo.core.pods.podstatus import compute_pod_status
from pausedemo.core.pods.podview import PodView
from pausedemo.core.pods.status import PodStatus
from pausedemo.core.rules import deadline, eviction


@dataclass(frozen=True, slots=True)
class Failure:
    """Told as an event of this type, and kept as the pod's status."""

    type: str
    reason: str
    message: str


def find_failure(
    pod: Pod, status: PodStatus, view: PodView, now: datetime, excess: str
) -> Failure | None:
    """Why the pod is to fail now; None where it is not, or has ended or is to end already.

    ``excess`` says what it holds too much of, and is empty where it does not.
    """
    end = deadline.compute_deadline(pod)
    if end is not None and now >= end:
        found = Failure("Normal", deadline.REASON, deadline.MESSAGE)
    elif excess:
        found = Failure("Warning", eviction.REASON, excess)
    else:
        return None
    if view.phase or pod.deletion:
        return None
    phase = compute_pod_status(pod, status, view, now).phase
    return None if phase in (Phase.SUCCEEDED, Phase.FAILED) else found

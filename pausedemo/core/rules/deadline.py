"""``activeDeadlineSeconds``: how long a pod may be on the engine.

Source: kubernetes pkg/kubelet/active_deadline.go, whose words these are. A kubelet counts from
when it first saw the pod, which is here when the pod was made.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from pausedemo.core.pods.pod import Pod

REASON: Final = "DeadlineExceeded"
MESSAGE: Final = "Pod was active on the node longer than the specified deadline"


def compute_deadline(pod: Pod) -> datetime | None:
    """When the pod's time is up; None: never."""
    seconds = pod.spec.active_deadline_seconds
    return None if seconds is None else pod.created_at + timedelta(seconds=seconds)

"""What a kubelet tells about a pod as it happens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PodEvent:
    """Something the kubelet tells about a pod, in Kubernetes' own words.

    ``type`` is its level, Normal or Warning. ``container`` names the container that it is about,
    of any kind; empty: the whole pod.
    """

    type: str
    reason: str
    message: str
    time: datetime
    container: str = ""

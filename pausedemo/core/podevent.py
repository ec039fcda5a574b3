"""What a kubelet tells about a pod: as it happens, and as it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from pausedemo.core.pod import Pod


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


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedEvent:
    """An object of kind Event about a pod: the same thing told ``count`` times.

    ``field_path`` is ``spec.containers{name}`` for what is about one container.
    """

    name: str
    namespace: str
    pod: str
    uid: str
    type: str
    reason: str
    message: str
    count: int
    first_time: datetime
    last_time: datetime
    field_path: str = ""

    def to_json(self) -> dict[str, Any]:
        """As it is kept."""
        times = {"first_time": self.first_time.isoformat(), "last_time": self.last_time.isoformat()}
        return {**asdict(self), **times}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> RecordedEvent:
        """As ``to_json`` gave it. KeyError, TypeError or ValueError for what it did not give."""
        times = {key: datetime.fromisoformat(data[key]) for key in ("first_time", "last_time")}
        return cls(**{**data, **times})


def compute_field_path(pod: Pod, container: str) -> str:
    """Which part of a pod an event is about; empty: all of it.

    Source: fieldPath in kubernetes pkg/kubelet/container/ref.go.
    """
    if not container:
        return ""
    is_init = any(one.name == container for one in pod.spec.init_containers)
    return f"spec.{'initContainers' if is_init else 'containers'}{{{container}}}"

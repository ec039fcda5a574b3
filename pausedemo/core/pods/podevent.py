"""What a kubelet tells about a pod: as it happens, and as it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from pausedemo.core.pods.pod import Pod


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


def render_event(event: RecordedEvent) -> dict[str, Any]:
    """The event as the core/v1 object that Kubernetes would keep."""
    where = {"kind": "Pod", "namespace": event.namespace, "name": event.pod, "uid": event.uid}
    path = {"fieldPath": event.field_path} if event.field_path else {}
    first = _render_time(event.first_time)
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "name": event.name,
            "namespace": event.namespace,
            "creationTimestamp": first,
        },
        "involvedObject": {"apiVersion": "v1", **where, **path},
        "reason": event.reason,
        "message": event.message,
        "type": event.type,
        "source": {"component": "kubelet"},
        "firstTimestamp": first,
        "lastTimestamp": _render_time(event.last_time),
        "count": event.count,
    }


def _render_time(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def compute_field_path(pod: Pod, container: str) -> str:
    """Which part of a pod an event is about; empty: all of it.

    Source: fieldPath in kubernetes pkg/kubelet/container/ref.go.
    """
    if not container:
        return ""
    is_init = any(one.name == container for one in pod.spec.init_containers)
    return f"spec.{'initContainers' if is_init else 'containers'}{{{container}}}"

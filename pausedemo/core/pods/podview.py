"""What only a pod's kubelet knows, and others want to see: probes' results, why something waits.

All else about a pod is read off the engine. This is the part that Kubernetes' kubelet writes into
the pod's status, and that is as old as its last word once the kubelet is gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Waiting:
    """Why a container does not run, as ``ImagePullBackOff`` and a sentence."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerView:
    """What its kubelet knows of one container.

    ``container_id`` is the one that ``ready`` and ``started`` are about: of another, they say
    nothing. ``since`` is when ``ready`` was seen to change last, in ISO 8601. ``waiting`` is None
    while nothing keeps it from running.
    """

    container_id: str = ""
    ready: bool = False
    started: bool = False
    since: str = ""
    waiting: Waiting | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PodView:
    """What its kubelet knows of a pod.

    ``phase`` is Failed when the kubelet has ended the pod for good, with ``reason`` and
    ``message`` (DeadlineExceeded, Evicted); else empty, and the phase follows from the containers.
    A container that is not in ``containers`` is as it is without probes. ``messages`` are the
    termination messages of containers that have ended, by container id.
    """

    phase: str = ""
    reason: str = ""
    message: str = ""
    containers: Mapping[str, ContainerView] = field(default_factory=dict)
    messages: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As it is kept."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> PodView:
        """As ``to_json`` gave it; what an older or newer one did not know is left out."""
        return cls(
            phase=str(data.get("phase", "")),
            reason=str(data.get("reason", "")),
            message=str(data.get("message", "")),
            containers={
                name: ContainerView(
                    container_id=one.get("container_id", ""),
                    ready=bool(one.get("ready")),
                    started=bool(one.get("started")),
                    since=one.get("since", ""),
                    waiting=Waiting(**one["waiting"]) if one.get("waiting") else None,
                )
                for name, one in data.get("containers", {}).items()
            },
            messages=dict(data.get("messages", {})),
        )

"""A pod's status as Kubernetes tells it: the types of ``status`` of a Pod object.

Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#PodStatus
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Phase(StrEnum):
    """Where a pod is in its life."""

    PENDING = "Pending"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"


class QosClass(StrEnum):
    """How sure a pod is of its resources."""

    GUARANTEED = "Guaranteed"
    BURSTABLE = "Burstable"
    BEST_EFFORT = "BestEffort"


@dataclass(frozen=True, slots=True)
class StateWaiting:
    """A container that does not run yet, or not at the moment."""

    reason: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class StateRunning:
    """A container that runs."""

    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StateTerminated:
    """A container that has ended. The times are None for what did not happen."""

    exit_code: int
    reason: str
    message: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    container_id: str = ""


State = StateWaiting | StateRunning | StateTerminated


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerReport:
    """One of ``containerStatuses`` or ``initContainerStatuses``.

    ``container_id`` is the engine's own, without ``docker://``; it, ``image_id`` and ``started``
    are empty and None while there is no container. ``last_state`` is how the run before ended.
    ``sidecar``: an init container of restartPolicy Always.
    """

    name: str
    image: str
    state: State
    ready: bool
    restart_count: int = 0
    started: bool | None = None
    last_state: StateTerminated | None = None
    image_id: str = ""
    container_id: str = ""
    sidecar: bool = False

    @property
    def begun(self) -> bool:
        """Whether it runs or has ever run."""
        return not isinstance(self.state, StateWaiting) or self.last_state is not None

    @property
    def failed(self) -> bool:
        """Whether its latest run has ended badly."""
        if isinstance(self.state, StateRunning):
            return False
        ended = self.state if isinstance(self.state, StateTerminated) else self.last_state
        # Some engines give 0 for what never started.
        return ended is not None and (ended.exit_code != 0 or ended.reason == "ContainerCannotRun")


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One of ``conditions``. ``changed_at`` is when it became so, as far as can be seen."""

    type: str
    status: bool
    changed_at: datetime
    reason: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PodStatusReport:
    """The whole ``status`` of a pod. ``reason`` and ``message`` say why its kubelet has ended it.

    ``ip`` is empty while it has none. ``start_time`` is when a kubelet first saw it, here the
    time of its creation.
    """

    phase: Phase
    conditions: tuple[Condition, ...]
    init_containers: tuple[ContainerReport, ...]
    containers: tuple[ContainerReport, ...]
    qos_class: QosClass
    start_time: datetime
    ip: str = ""
    host_ip: str = ""
    reason: str = ""
    message: str = ""

    def condition(self, wanted: str) -> Condition | None:
        """The condition of that type, as ``Ready``."""
        return next((one for one in self.conditions if one.type == wanted), None)

    @property
    def ready(self) -> bool:
        """Whether the pod's condition Ready holds."""
        found = self.condition("Ready")
        return found is not None and found.status

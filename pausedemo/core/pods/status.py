"""What of a pod was seen on an engine: its sandboxes and containers, in Kubernetes' words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

BACK_OFF_FORGOTTEN_S: Final = 600


class RunState(StrEnum):
    """Where a container is, as the kubelet sees it."""

    CREATED = "created"
    RUNNING = "running"
    EXITED = "exited"


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxStatus:
    """One sandbox, by its infra container. ``ready``: it runs. ``ip`` is empty when it has none.

    ``gateway`` is the node's address in the sandbox's network, if it has one. ``finished_at`` is
    None while it runs, and where the engine does not say when it ended.
    """

    id: str
    name: str
    attempt: int
    ready: bool
    ip: str
    network_mode: str
    created_at: datetime
    gateway: str = ""
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerStatus:
    """One container of a pod, running or not.

    ``back_off_s`` is how long its successor has to wait after its end; 0: not at all.
    ``spec_hash`` tells what it was made from, and is empty where that is not known.
    ``started_at`` and ``finished_at`` are None for what did not happen yet.
    """

    id: str
    full_name: str
    name: str
    restart_count: int
    sandbox_id: str
    state: RunState
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    exit_code: int = 0
    oom_killed: bool = False
    error: str = ""
    back_off_s: int = 0
    image_id: str = ""
    spec_hash: str = ""

    @property
    def reason(self) -> str:
        """Why it ended, in Kubernetes' words; empty while it has not ended."""
        if self.state is not RunState.EXITED:
            return ""
        if self.started_at is None:
            return "ContainerCannotRun"
        if self.oom_killed:
            return "OOMKilled"
        return "Error" if self.exit_code else "Completed"

    @property
    def succeeded(self) -> bool:
        """Whether it ran, and ended with 0."""
        ran = self.state is RunState.EXITED and self.started_at is not None
        return ran and self.exit_code == 0

    @property
    def failed(self) -> bool:
        """Whether it has ended in another way. Some engines give 0 for what never started."""
        return self.state is RunState.EXITED and not self.succeeded

    def restart_due_in_s(self, now: datetime) -> float:
        """Seconds from ``now`` until the back-off allows its successor; 0 or less: it may start."""
        if self.finished_at is None or self.back_off_forgotten:
            return 0.0
        return self.back_off_s - (now - self.finished_at).total_seconds()

    @property
    def back_off_forgotten(self) -> bool:
        """Whether it ran long enough, ten minutes, for its earlier failures not to count."""
        ran_from = self.started_at or self.created_at
        if self.finished_at is None:
            return False
        return (self.finished_at - ran_from).total_seconds() > BACK_OFF_FORGOTTEN_S


@dataclass(frozen=True, slots=True)
class PodStatus:
    """All that is on the engine of one pod; newest first in both lists."""

    sandboxes: tuple[SandboxStatus, ...] = ()
    containers: tuple[ContainerStatus, ...] = ()

    def latest(self, name: str) -> ContainerStatus | None:
        """The newest container of that name."""
        return next((status for status in self.containers if status.name == name), None)

    def reported(self, name: str) -> tuple[ContainerStatus, ...]:
        """Those of that name that a kubelet tells of, newest first.

        It makes and starts a container in one go, and looks before or after. One that waits to be
        started is not there yet, and its predecessor still stands for it.
        """
        return tuple(
            status
            for status in self.containers
            if status.name == name and status.state is not RunState.CREATED
        )

    @property
    def sandbox(self) -> SandboxStatus | None:
        """The newest sandbox."""
        return self.sandboxes[0] if self.sandboxes else None

    @property
    def ip(self) -> str:
        """The pod's address: that of the newest sandbox while it is ready."""
        return self.sandbox.ip if self.sandbox and self.sandbox.ready else ""

    @property
    def host_ip(self) -> str:
        """The node's address as the pod reaches it, while its newest sandbox is ready."""
        return self.sandbox.gateway if self.sandbox and self.sandbox.ready else ""

"""What probes have found out about a running container."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pausedemo.core.manifest import Container


class Unhealthy(StrEnum):
    """Which probe has given a container up."""

    LIVENESS = "liveness"
    STARTUP = "startup"


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What the probes say of one running container; ``unhealthy`` ones are to be killed."""

    ready: bool = True
    started: bool = True
    unhealthy: Unhealthy | None = None


def compute_health(container: Container, container_id: str, known: Mapping[str, Health]) -> Health:
    """The health of a container that runs: what is known by its id, else what holds at its start.

    Without a startup probe it counts as started from its start on; it is ready then when it has
    no readiness probe either.

    Source: UpdatePodStatus in kubernetes pkg/kubelet/prober/prober_manager.go.
    """
    found = known.get(container_id)
    if found is not None:
        return found
    started = container.startup_probe is None
    readiness = container.readiness_probe is None
    return Health(ready=started and readiness, started=started)

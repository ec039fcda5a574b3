"""What the results of a probe make of a container: the thresholds, and who waits for whom.

A pure state: which container, what is held true of it, and how often the last result came in a row.

Source: kubernetes pkg/kubelet/prober/worker.go (``doProbe``) and prober_manager.go
(``UpdatePodStatus``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from pausedemo.core.manifest import Container, Probe
from pausedemo.core.rules.health import Health, Unhealthy


class ProbeType(StrEnum):
    """What a probe is for, as events write it."""

    STARTUP = "Startup"
    READINESS = "Readiness"
    LIVENESS = "Liveness"


class Result(StrEnum):
    """What one probe found, or what is held true. A warning is a success that is told of."""

    SUCCESS = "success"
    FAILURE = "failure"
    UNKNOWN = "unknown"


#: What holds until a threshold is reached: not ready, and alive.
INITIAL: Final = {
    ProbeType.STARTUP: Result.UNKNOWN,
    ProbeType.READINESS: Result.FAILURE,
    ProbeType.LIVENESS: Result.SUCCESS,
}


@dataclass(frozen=True, slots=True)
class ProbeState:
    """One probe of one container. ``value`` is what holds; ``run`` results like ``last`` came.

    ``on_hold``: it is not asked again before there is a new container. The run goes on over a
    container's restart, as the kubelet's does: it counts for the probe, not for the container.
    """

    type: ProbeType
    container_id: str = ""
    value: Result = Result.UNKNOWN
    last: Result | None = None
    run: int = 0
    on_hold: bool = False

    def follow(self, container_id: str) -> ProbeState:
        """The state for a container that runs now; the same when it is the same container."""
        if container_id == self.container_id:
            return self
        return replace(self, container_id=container_id, value=INITIAL[self.type], on_hold=False)

    def take(self, result: Result, probe: Probe) -> ProbeState:
        """The state after one more result, SUCCESS or FAILURE.

        A liveness or startup probe that has failed for good has its container ended, and a startup
        probe that has succeeded is done: neither is asked again.
        """
        run = self.run + 1 if result is self.last else 1
        counted = replace(self, last=result, run=run)
        needed = probe.success_threshold if result is Result.SUCCESS else probe.failure_threshold
        if run < needed:
            return counted
        failed = self.type is ProbeType.LIVENESS and result is Result.FAILURE
        done = failed or self.type is ProbeType.STARTUP
        return replace(counted, value=result, on_hold=done, run=0 if done else run)

    def quiet(self) -> ProbeState:
        """The state while the pod is being deleted: liveness and startup do not kill any more."""
        if self.type is ProbeType.READINESS:
            return self
        return replace(self, value=Result.SUCCESS, on_hold=True)


def read_probes(container: Container) -> dict[ProbeType, Probe]:
    """The probes that a container has."""
    probes = {
        ProbeType.STARTUP: container.startup_probe,
        ProbeType.READINESS: container.readiness_probe,
        ProbeType.LIVENESS: container.liveness_probe,
    }
    return {type_: probe for type_, probe in probes.items() if probe is not None}


def compute_probed_health(
    startup: ProbeState | None, readiness: ProbeState | None, liveness: ProbeState | None
) -> Health:
    """What the probes of one running container say together; None: there is no such probe."""
    started = startup is None or startup.value is Result.SUCCESS
    ready = started and (readiness is None or readiness.value is Result.SUCCESS)
    unhealthy = None
    # The kubelet looks at liveness first (kuberuntime_manager.go, computePodActions).
    if liveness is not None and liveness.value is Result.FAILURE:
        unhealthy = Unhealthy.LIVENESS
    elif startup is not None and startup.value is Result.FAILURE:
        unhealthy = Unhealthy.STARTUP
    return Health(ready=ready, started=started, unhealthy=unhealthy)


def compute_first_wait_s(
    started_at: datetime, probe: Probe, now: datetime, spread: float = 0.0
) -> float:
    """Seconds from ``now`` until a probe may first be asked: its initial delay after the start.

    ``spread`` is a share of the period, 0 to 1, that is waited besides. A kubelet that starts
    finds many containers, and would ask all of them at once, and again and again.
    """
    left = probe.initial_delay_seconds - (now - started_at).total_seconds()
    return max(0.0, left) + spread * probe.period_seconds


def compute_next_due(due: float, probe: Probe, now: float) -> float:
    """When a probe is due after the one that was due at ``due``, in seconds of the same clock.

    One that took longer than its period is followed by the next at once, and those missed are
    left out, as by Go's ticker.
    """
    return max(due + probe.period_seconds, now)


def compute_tick(started: float, probe: Probe, now: float) -> float:
    """The first time from ``now`` on that is a whole number of periods after ``started``."""
    if now <= started:
        return started
    return started + -((started - now) // probe.period_seconds) * probe.period_seconds

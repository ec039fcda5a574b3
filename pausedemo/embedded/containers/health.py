"""Whether a container is well: what its healthchecks have told; computation only.

Source: moby, daemon/health.go and container/health.go of 20.10.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from pausedemo.embedded.containers.options.healthcheck import Healthcheck
from pausedemo.embedded.times import render_time

#: As many results as an inspect shows, and as many bytes of each one's output.
REMEMBERED: Final = 5
OUTPUT_BYTES: Final = 4096


class HealthStatus(StrEnum):
    """Docker's words. A container without healthchecks has none of them."""

    STARTING = "starting"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check. Times are Unix, ns; ``exit_code`` is -1 when it did not end by itself."""

    started_ns: int
    ended_ns: int
    exit_code: int
    output: str


@dataclass(slots=True)
class Health:
    """How a container is. The results of earlier runs stay until newer ones come."""

    status: HealthStatus = HealthStatus.STARTING
    failing_streak: int = 0
    results: list[CheckResult] = field(default_factory=list)

    def begin(self) -> None:
        """Its container has been started."""
        self.status, self.failing_streak = HealthStatus.STARTING, 0

    def stop(self) -> None:
        """Nobody asks any more."""
        self.status = HealthStatus.UNHEALTHY

    def record(self, result: CheckResult, check: Healthcheck, run_started_ns: int) -> bool:
        """Draw the conclusions from a result; whether the status has changed."""
        before = self.status
        self.results = [*self.results[1 - REMEMBERED :], result]
        if result.exit_code == 0:
            self.failing_streak, self.status = 0, HealthStatus.HEALTHY
        elif not self._is_forgiven(result.started_ns - run_started_ns, check):
            self.failing_streak += 1
            if self.failing_streak >= check.retries:
                self.status = HealthStatus.UNHEALTHY
        return self.status is not before

    def _is_forgiven(self, elapsed_ns: int, check: Healthcheck) -> bool:
        return self.status is HealthStatus.STARTING and elapsed_ns < check.start_period_ns


def render_health(health: Health) -> dict[str, Any]:
    """``State.Health`` of an inspect."""
    return {
        "Status": str(health.status),
        "FailingStreak": health.failing_streak,
        "Log": [
            {
                "Start": render_time(one.started_ns),
                "End": render_time(one.ended_ns),
                "ExitCode": one.exit_code,
                "Output": one.output,
            }
            for one in health.results
        ],
    }

"""Time, behind a line that tests can hold still."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What the kubelet and the scenarios ask of time."""

    def now(self) -> datetime:
        """The wall clock, timezone UTC: for times that leave the process."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back: for deadlines and durations."""
        ...

    def wait(self, event: threading.Event, timeout_s: float) -> bool:
        """Wait until ``event`` is set, at most ``timeout_s`` seconds; whether it is set."""
        ...


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def wait(self, event: threading.Event, timeout_s: float) -> bool:
        return event.wait(timeout_s)

"""How a container stands, in the words of ``docker ps``."""

from __future__ import annotations

import time
from typing import Final

from pausedemo.embedded.containers.container import Container, Status
from pausedemo.embedded.containers.health import Health, HealthStatus

#: (hours below which the word is used, hours that one of them has, word).
_UNITS: Final = (
    (48, 1, "hours"),
    (24 * 7 * 2, 24, "days"),
    (24 * 30 * 2, 24 * 7, "weeks"),
    (24 * 365 * 2, 24 * 30, "months"),
)


def describe_status(container: Container, now_ns: int | None = None) -> str:
    """The words of ``docker ps``: ``Up 5 seconds``, ``Exited (0) 2 minutes ago``.

    Source: moby, container/state.go, String.
    """
    state, now = container.state, now_ns if now_ns is not None else time.time_ns()
    match state.status:
        case Status.RUNNING:
            return f"Up {write_duration(now - state.started_ns)}{describe_health(state.health)}"
        case Status.PAUSED:
            return f"Up {write_duration(now - state.started_ns)} (Paused)"
        case Status.RESTARTING:
            ago = write_duration(now - state.finished_ns)
            return f"Restarting ({state.exit_code}) {ago} ago"
        case Status.EXITED:
            return f"Exited ({state.exit_code}) {write_duration(now - state.finished_ns)} ago"
        case Status.REMOVING:
            return "Removal In Progress"
        case Status.DEAD:
            return "Dead"
        case _:
            return "Created"


def describe_health(health: Health | None) -> str:
    """What ``docker ps`` shows behind the time, with a space before it."""
    if health is None:
        return ""
    starting = health.status is HealthStatus.STARTING
    return f" (health: {health.status})" if starting else f" ({health.status})"


def write_duration(elapsed_ns: int) -> str:
    """Docker's rough words for a time. Source: docker/go-units, duration.go, HumanDuration."""
    seconds = max(elapsed_ns, 0) // 1_000_000_000
    if seconds < 1:
        return "Less than a second"
    if seconds == 1:
        return "1 second"
    if seconds < 60:
        return f"{seconds} seconds"
    minutes = seconds // 60
    if minutes == 1:
        return "About a minute"
    if minutes < 60:
        return f"{minutes} minutes"
    hours = (seconds + 1800) // 3600  # the next whole one from half an hour on
    if hours == 1:
        return "About an hour"
    for below, unit, word in _UNITS:
        if hours < below:
            return f"{hours // unit} {word}"
    return f"{seconds // 3600 // 24 // 365} years"

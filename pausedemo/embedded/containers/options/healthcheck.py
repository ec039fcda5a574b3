"""How a container is asked whether it is well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from pausedemo.embedded.containers.shapes import HEALTHCHECK, check_shape
from pausedemo.embedded.errors import BadParameter

NS: Final = 1_000_000_000
LEAST_NS: Final = 1_000_000
TIMES: Final = ("Interval", "Timeout", "StartPeriod", "StartInterval")
SHELL: Final = ("/bin/sh", "-c")


@dataclass(frozen=True, slots=True)
class Healthcheck:
    """A command, and when it is run. Defaults: moby, daemon/health.go of 20.10.

    ``start_interval_ns`` is between the checks of the start period until one succeeds; without it
    ``interval_ns`` is, as before there was one, and not the 5 s of Docker 25.
    """

    argv: tuple[str, ...]
    interval_ns: int = 30 * NS
    timeout_ns: int = 30 * NS
    start_period_ns: int = 0
    start_interval_ns: int | None = None
    retries: int = 3

    def wait_ns(self, elapsed_ns: int, *, starting: bool) -> int:
        """How long until the next check. ``elapsed_ns``: since the container's start.

        With a start interval one comes right at the end of the start period.
        """
        left_ns = self.start_period_ns - elapsed_ns
        if self.start_interval_ns is None or left_ns <= 0:
            return self.interval_ns
        if left_ns < self.interval_ns:
            return left_ns
        return self.start_interval_ns if starting else self.interval_ns


def check_healthcheck(wanted: dict[str, Any]) -> None:
    """``wanted``: merged with the image's. Raises BadParameter in dockerd's words."""
    check_shape(wanted, HEALTHCHECK, "Healthcheck")
    for key in TIMES:
        if (wanted.get(key) or 0) != 0 and wanted[key] < LEAST_NS:
            raise BadParameter(f"{key} in Healthcheck cannot be less than 1ms")
    if (wanted.get("Retries") or 0) < 0:
        raise BadParameter("Retries in Healthcheck cannot be negative")


def parse_healthcheck(config: dict[str, Any]) -> Healthcheck | None:
    """Of a container's Config. None when there is none, or one of a kind that dockerd ignores."""
    wanted = config.get("Healthcheck") or {}
    kind, *words = wanted.get("Test") or ["NONE"]
    if kind not in ("CMD", "CMD-SHELL"):
        return None
    shell = (config.get("Shell") or SHELL) if kind == "CMD-SHELL" else ()
    named = {
        "interval_ns": wanted.get("Interval"),
        "timeout_ns": wanted.get("Timeout"),
        "start_period_ns": wanted.get("StartPeriod"),
        "start_interval_ns": wanted.get("StartInterval"),
        "retries": wanted.get("Retries"),
    }
    return Healthcheck((*shell, *words), **{key: value for key, value in named.items() if value})

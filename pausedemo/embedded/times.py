"""Moments as the API and the log files write them: RFC 3339 in UTC, to the nanosecond."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

NS: Final = 1_000_000_000
#: Go's zero time, dockerd's "not yet".
NO_TIME: Final = "0001-01-01T00:00:00Z"


def render_time(time_ns: int, *, fixed: bool = False) -> str:
    """RFC 3339 in UTC, as Go writes it: trailing zeros cut, or nine digits when ``fixed``.

    The file holds the first, ``docker logs --timestamps`` prints the second.
    """
    seconds, rest = divmod(time_ns, NS)
    whole = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f".{rest:09d}"
    return whole + (fraction if fixed else fraction.rstrip("0").rstrip(".")) + "Z"


def write_time(unix_ns: int) -> str:
    """RFC 3339 with nine digits; Go's zero time for 0, which means that it has not happened."""
    return render_time(unix_ns, fixed=True) if unix_ns else NO_TIME


def parse_time(text: str) -> int:
    """Nanoseconds since the epoch of what ``render_time`` wrote. ValueError for other texts."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    moment = datetime.strptime(whole, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    return int(moment.timestamp()) * NS + int(fraction.ljust(9, "0") or "0")


def render_duration(duration_ns: int) -> str:
    """A duration from 1 ms on as Go writes it: ``300ms``, ``1.5s``, ``1m0s``."""
    if duration_ns < NS:
        return f"{_render_decimal(duration_ns, 1_000_000)}ms"
    minutes, rest_ns = divmod(duration_ns, 60 * NS)
    text = f"{_render_decimal(rest_ns, NS)}s"
    if minutes:
        text = f"{minutes % 60}m{text}"
    return f"{minutes // 60}h{text}" if minutes >= 60 else text


def _render_decimal(amount: int, unit: int) -> str:
    whole, rest = divmod(amount, unit)
    return f"{whole}.{rest:0{len(str(unit)) - 1}d}".rstrip("0").rstrip(".") if rest else str(whole)

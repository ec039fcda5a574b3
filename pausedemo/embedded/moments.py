"""Points in time as requests give them: Unix seconds, RFC 3339, or how long ago."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from pausedemo.embedded.errors import BadParameter

NS: Final = 1_000_000_000
_UNIX: Final = re.compile(r"(-?\d+)(?:\.(\d{1,9}))?")
_FRACTION: Final = re.compile(r"\.(\d{1,9})")
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")
_UNITS: Final = {
    "ns": 1,
    "us": 1000,
    "µs": 1000,
    "ms": 1_000_000,
    "s": NS,
    "m": 60 * NS,
    "h": 3600 * NS,
}


def parse_moment(text: str, now_ns: int) -> int:
    """Unix time in ns of ``1700000000.5``, ``2026-01-02T03:04:05Z`` or ``10m`` (ago).

    Raises BadParameter. Source: moby, api/types/time/timestamp.go.
    """
    unix = _UNIX.fullmatch(text)
    if unix:
        fraction = int((unix[2] or "").ljust(9, "0") or 0)
        return int(unix[1]) * NS + fraction
    pieces = _DURATION.findall(text)
    if pieces and "".join(number + unit for number, unit in pieces) == text:
        return now_ns - int(sum(float(number) * _UNITS[unit] for number, unit in pieces))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadParameter(f'failed to parse value as time or duration: "{text}"') from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    whole = (since.days * 86_400 + since.seconds) * NS
    digits = _FRACTION.search(text)
    # A datetime has microseconds only.
    return whole + (int(digits[1].ljust(9, "0")) if digits else 0)

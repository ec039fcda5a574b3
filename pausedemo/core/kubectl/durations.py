"""Durations as Go writes them: ``30s``, ``1m30s``, ``1.5h``, ``-1s``.

Source: https://pkg.go.dev/time#ParseDuration
"""

from __future__ import annotations

import re
from typing import Final

_UNITS_S: Final = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600}
_PART: Final = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)", re.ASCII)


def parse_duration(text: str) -> float:
    """Seconds. ValueError, in Go's words, for what is no duration."""
    sign, rest = (-1, text[1:]) if text.startswith("-") else (1, text.removeprefix("+"))
    if rest == "0":
        return 0.0
    seconds, position = 0.0, 0
    while match := _PART.match(rest, position):
        seconds += float(match[1]) * _UNITS_S[match[2]]
        position = match.end()
    if not rest or position < len(rest):
        missing = re.fullmatch(r"[\d.]+", rest[position:]) and rest[position:] != "."
        problem = "missing unit in" if missing else "invalid"
        raise ValueError(f'time: {problem} duration "{text}"')
    return sign * seconds

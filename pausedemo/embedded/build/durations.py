"""Go's duration texts, as HEALTHCHECK's flags have them: ``1m30s``, ``500ms``."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from pausedemo.embedded.errors import BadParameter

UNITS_NS: Final = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
PART: Final = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|ms|s|m|h)")
MOST_NS: Final = 2**63 - 1
LEAST_NS: Final = 1_000_000  # dockerd wants a millisecond, or 0 for its default


def parse_duration(flag: str, text: str) -> int:
    """Nanoseconds. Raises BadParameter naming ``flag``."""
    if text == "0":
        return 0
    if not text or PART.sub("", text):
        raise BadParameter(f'time: invalid duration "{text}"')
    total = int(sum(Decimal(part[1]) * UNITS_NS[part[2]] for part in PART.finditer(text)))
    if total > MOST_NS:
        raise BadParameter(f'time: invalid duration "{text}"')
    if 0 < total < LEAST_NS:
        raise BadParameter(f"Interval '{flag}' cannot be less than 1ms")
    return total

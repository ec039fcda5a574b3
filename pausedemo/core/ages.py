"""Ages as kubectl prints them: two or three significant figures.

Source: HumanDuration in k8s.io/apimachinery/pkg/util/duration/duration.go. A year has 365 days.
"""

from __future__ import annotations

from typing import Final

_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR
_YEAR: Final = 365 * _DAY


def render_age(seconds: float) -> str:
    """``90s``, ``5m30s``, ``27m``, ``3h5m``, ``2d``, ``2y40d``; parts of a second are dropped.

    Up to 2 seconds in the future count as now, since clocks differ; beyond is ``<invalid>``.
    """
    # Go's int() and Python's both cut towards zero, so -1.9 s is -1 and still "now".
    whole_s = int(seconds)
    if whole_s < -1:
        return "<invalid>"
    if whole_s < 2 * _MINUTE:
        return f"{max(whole_s, 0)}s"
    if whole_s < 10 * _MINUTE:
        return _two_units(whole_s, _MINUTE, "m", 1, "s")
    if whole_s < 3 * _HOUR:
        return f"{whole_s // _MINUTE}m"
    if whole_s < 8 * _HOUR:
        return _two_units(whole_s, _HOUR, "h", _MINUTE, "m")
    if whole_s < 2 * _DAY:
        return f"{whole_s // _HOUR}h"
    if whole_s < 8 * _DAY:
        return _two_units(whole_s, _DAY, "d", _HOUR, "h")
    if whole_s < 2 * _YEAR:
        return f"{whole_s // _DAY}d"
    if whole_s < 8 * _YEAR:
        return _two_units(whole_s, _YEAR, "y", _DAY, "d")
    return f"{whole_s // _YEAR}y"


def _two_units(whole_s: int, large_s: int, large: str, small_s: int, small: str) -> str:
    count, rest_s = divmod(whole_s, large_s)
    rest = rest_s // small_s
    return f"{count}{large}{rest}{small}" if rest else f"{count}{large}"

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pausedemo.core.ages import render_age

MINUTE, HOUR, DAY, YEAR = 60, 3600, 86400, 365 * 86400
UNITS = {"s": 1, "m": MINUTE, "h": HOUR, "d": DAY, "y": YEAR}


@pytest.mark.parametrize(
    ("seconds", "age"),
    [
        (-math.pi * 1e9, "<invalid>"),
        (-2, "<invalid>"),
        (-1.999, "0s"),
        (-1, "0s"),
        (-0.001, "0s"),
        (0, "0s"),
        (0.999, "0s"),
        (1, "1s"),
        (24, "24s"),
        (60, "60s"),
        (119.999, "119s"),
        (120, "2m"),
        (121, "2m1s"),
        (5 * MINUTE, "5m"),
        (10 * MINUTE - 1, "9m59s"),
        (10 * MINUTE, "10m"),
        (10 * MINUTE + 1, "10m"),
        (27 * MINUTE + 59, "27m"),
        (3 * HOUR - 1, "179m"),
        (3 * HOUR, "3h"),
        (3 * HOUR + 59, "3h"),
        (3 * HOUR + 60, "3h1m"),
        (8 * HOUR - 1, "7h59m"),
        (8 * HOUR, "8h"),
        (8 * HOUR + MINUTE, "8h"),
        (2 * DAY - 1, "47h"),
        (2 * DAY, "2d"),
        (2 * DAY + HOUR - 1, "2d"),
        (2 * DAY + HOUR, "2d1h"),
        (8 * DAY - 1, "7d23h"),
        (8 * DAY, "8d"),
        (8 * DAY + HOUR, "8d"),
        (2 * YEAR - 1, "729d"),
        (2 * YEAR, "2y"),
        (2 * YEAR + DAY - 1, "2y"),
        (2 * YEAR + DAY, "2y1d"),
        (8 * YEAR - 1, "7y364d"),
        (8 * YEAR, "8y"),
        (8 * YEAR + DAY, "8y"),
        (100 * YEAR + 200 * DAY, "100y"),
    ],
)
def test_ages_at_all_limits_are_kubectls(seconds: float, age: str) -> None:
    assert render_age(seconds) == age


def read_back(age: str) -> range:
    """The whole seconds that an age may stand for."""
    parts = [(int(count), unit) for count, unit in re.findall(r"(\d+)([smhdy])", age)]
    least = sum(count * UNITS[unit] for count, unit in parts)
    # A unit that is left out as 0 was rounded to all the same: 5m is 5m0s to 5m0s, 3h is 3h0m.
    small = {"m": "s", "h": "m", "d": "h", "y": "d"}
    count, unit = parts[-1]
    rounded = {"m": count < 10, "h": count < 8, "d": count < 8, "y": count < 8}
    if len(parts) == 1 and rounded.get(unit):
        unit = small[unit]
    return range(least, least + UNITS[unit])


@given(st.integers(0, 200 * YEAR))
def test_an_age_stands_for_the_seconds_it_was_made_from(seconds: int) -> None:
    assert seconds in read_back(render_age(seconds))


@given(st.floats(0, 200 * YEAR), st.floats(0, 200 * YEAR))
def test_the_older_never_looks_younger(one: float, other: float) -> None:
    younger, older = sorted((one, other))
    assert read_back(render_age(younger)).start <= read_back(render_age(older)).start


@given(st.floats(0, 200 * YEAR))
def test_an_age_is_short(seconds: float) -> None:
    assert len(render_age(seconds)) <= 6

"""Points in time as requests give them."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pausedemo.embedded.errors import BadParameter
from pausedemo.embedded.moments import NS, parse_moment
from pausedemo.embedded.times import render_time

NOW = 1_800_000_000 * NS
JANUARY = 1_767_323_045 * NS  # 2026-01-02T03:04:05Z


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("0", 0),
        ("1700000000", 1_700_000_000 * NS),
        ("1700000000.5", 1_700_000_000 * NS + 500_000_000),
        ("1700000000.000000001", 1_700_000_000 * NS + 1),
        ("2026-01-02T03:04:05Z", JANUARY),
        ("2026-01-02T03:04:05", JANUARY),
        ("2026-01-02T05:04:05+02:00", JANUARY),
        ("2026-01-02T03:04:05.000000006Z", JANUARY + 6),
        ("2026-01-02T03:04:05.123456789Z", JANUARY + 123_456_789),
        ("2026-01-02T03:04:05.5-01:00", JANUARY + 3600 * NS + 500_000_000),
        ("2026-01-02", 1_767_312_000 * NS),
        ("1969-12-31T23:59:59.5Z", -500_000_000),
        ("10m", NOW - 600 * NS),
        ("1h30m", NOW - 5400 * NS),
        ("1.5h", NOW - 5400 * NS),
        ("10ms", NOW - 10_000_000),
        ("0s", NOW),
        ("3us5ns", NOW - 3005),
    ],
)
def test_a_moment_is_read(text, moment):
    assert parse_moment(text, NOW) == moment


@pytest.mark.parametrize(
    "text", ["", "x", "yesterday", "10x", "m", "5m later", "1.2.3", "2026-13-01", "1.", "1e9"]
)
def test_what_is_no_moment_is_refused(text):
    with pytest.raises(BadParameter, match="failed to parse value as time or duration"):
        parse_moment(text, NOW)


@given(st.integers(0, 4_000_000_000 * NS))
def test_a_moment_that_we_wrote_is_read_to_the_nanosecond(moment):
    assert parse_moment(render_time(moment), NOW) == moment
    assert parse_moment(f"{moment // NS}.{moment % NS:09d}", NOW) == moment


@given(st.text(alphabet="0123456789smhTZ:+-. ٣e", max_size=12))
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(BadParameter):
        assert isinstance(parse_moment(text, NOW), int)

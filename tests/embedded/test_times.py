"""Moments and durations as dockerd writes them."""

from __future__ import annotations

import pytest

from pausedemo.embedded.times import NS, render_duration, write_time

MS = 1_000_000


# Go's time.Duration.String.
@pytest.mark.parametrize(
    ("duration_ns", "text"),
    [
        (MS, "1ms"),
        (300 * MS, "300ms"),
        (1_500_000, "1.5ms"),
        (NS, "1s"),
        (1500 * MS, "1.5s"),
        (1_000_000_001, "1.000000001s"),
        (30 * NS, "30s"),
        (60 * NS, "1m0s"),
        (90 * NS + 50 * MS, "1m30.05s"),
        (3600 * NS, "1h0m0s"),
        (100 * 3600 * NS + 61 * NS, "100h1m1s"),
    ],
)
def test_a_duration_is_written_as_go_writes_it(duration_ns, text):
    assert render_duration(duration_ns) == text


@pytest.mark.parametrize(
    ("unix_ns", "text"),
    [
        (0, "0001-01-01T00:00:00Z"),
        (1_767_323_045_000_000_006, "2026-01-02T03:04:05.000000006Z"),
        (1_700_000_000 * NS, "2023-11-14T22:13:20.000000000Z"),
    ],
)
def test_times_are_written_as_dockerd_writes_them(unix_ns, text):
    assert write_time(unix_ns) == text

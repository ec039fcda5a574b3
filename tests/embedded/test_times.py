"""Moments and durations as dockerd writes them."""

from __future__ import annotations

import pytest

from pausedemo.embedded.times import NS, render_duration

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

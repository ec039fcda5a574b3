"""What results of healthchecks say of a container."""

from __future__ import annotations

import pytest

from pausedemo.embedded.containers.health import CheckResult, Health, render_health
from pausedemo.embedded.containers.options import Healthcheck

S = 1_000_000_000
CHECK = Healthcheck(("x",), retries=2, start_period_ns=10 * S)


def record(health: Health, codes: str, at_s: int = 10, check: Healthcheck = CHECK) -> list[bool]:
    """Exit codes, one a result, each that long after the start: whether they changed something."""
    return [
        health.record(CheckResult(at_s * S, at_s * S + 1, int(code), code), check, 0)
        for code in codes
    ]


@pytest.mark.parametrize(
    ("codes", "status", "streak", "changes"),
    [
        ("0", "healthy", 0, [True]),
        ("00", "healthy", 0, [True, False]),
        ("1", "starting", 1, [False]),
        ("11", "unhealthy", 2, [False, True]),
        ("111", "unhealthy", 3, [False, True, False]),
        ("110", "healthy", 0, [False, True, True]),
        ("01", "healthy", 1, [True, False]),
        ("0101", "healthy", 1, [True, False, False, False]),
        ("013", "unhealthy", 2, [True, False, True]),
    ],
)
def test_so_many_failures_in_a_row_make_it_unhealthy_and_one_success_healthy(
    codes, status, streak, changes
):
    health = Health()
    assert record(health, codes) == changes
    assert (health.status, health.failing_streak) == (status, streak)


def test_failures_of_the_start_period_do_not_count():
    health = Health()
    record(health, "111", at_s=9)
    assert (health.status, health.failing_streak, len(health.results)) == ("starting", 0, 3)
    record(health, "0", at_s=9)
    record(health, "11", at_s=9)  # it was well once: nothing is forgiven any more
    assert (health.status, health.failing_streak) == ("unhealthy", 2)


def test_the_last_five_results_are_kept_over_a_restart():
    health = Health()
    record(health, "1234567")
    health.stop()
    assert health.status == "unhealthy"
    health.begin()
    assert (health.status, health.failing_streak) == ("starting", 0)
    assert [one.output for one in health.results] == ["3", "4", "5", "6", "7"]


def test_health_is_shown_as_dockerd_shows_it():
    health = Health()
    health.record(CheckResult(S // 2, S, -1, "late"), CHECK, 0)
    assert render_health(health) == {
        "Status": "starting",
        "FailingStreak": 0,
        "Log": [
            {
                "Start": "1970-01-01T00:00:00.5Z",
                "End": "1970-01-01T00:00:01Z",
                "ExitCode": -1,
                "Output": "late",
            }
        ],
    }

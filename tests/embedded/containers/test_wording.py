"""How containers stand in the words of ``docker ps``, and Docker's words for times."""

from __future__ import annotations

import pytest

from pausedemo.embedded.containers.container import State, Status
from pausedemo.embedded.containers.health import Health, HealthStatus
from pausedemo.embedded.containers.wording import describe_status, write_duration
from tests.embedded.containers.containers import make_container

S = 1_000_000_000
MINUTE, HOUR, DAY = 60, 3600, 24 * 3600
WELL, ILL = Health(HealthStatus.HEALTHY), Health(HealthStatus.UNHEALTHY)


# docker/go-units, duration_test.go, TestHumanDuration, and the borders of each word.
@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "Less than a second"),
        (0.45, "Less than a second"),
        (0.999, "Less than a second"),
        (1, "1 second"),
        (1.9, "1 second"),
        (2, "2 seconds"),
        (45, "45 seconds"),
        (59.9, "59 seconds"),
        (60, "About a minute"),
        (63, "About a minute"),
        (119, "About a minute"),
        (2 * MINUTE, "2 minutes"),
        (3 * MINUTE, "3 minutes"),
        (35 * MINUTE + 40, "35 minutes"),
        (59 * MINUTE + 59, "59 minutes"),
        (60 * MINUTE, "About an hour"),
        (1 * HOUR + 29 * MINUTE, "About an hour"),
        (1 * HOUR + 30 * MINUTE, "2 hours"),
        (2 * HOUR + 29 * MINUTE, "2 hours"),
        (2 * HOUR + 30 * MINUTE, "3 hours"),
        (2 * HOUR + 31 * MINUTE, "3 hours"),
        (3 * HOUR, "3 hours"),
        (4 * HOUR + 30 * MINUTE, "5 hours"),
        (24 * HOUR, "24 hours"),
        (36 * HOUR, "36 hours"),
        (47 * HOUR + 29 * MINUTE, "47 hours"),
        (47 * HOUR + 30 * MINUTE, "2 days"),
        (48 * HOUR, "2 days"),
        (7 * DAY, "7 days"),
        (13 * DAY + 5 * HOUR, "13 days"),
        (14 * DAY, "2 weeks"),
        (3 * 7 * DAY, "3 weeks"),
        (4 * 7 * DAY, "4 weeks"),
        (4 * 7 * DAY + 3 * DAY, "4 weeks"),
        (1 * 30 * DAY, "4 weeks"),
        (2 * 30 * DAY, "2 months"),
        (5 * 30 * DAY + 2 * 7 * DAY, "5 months"),
        (12 * 30 * DAY, "12 months"),
        (23 * 30 * DAY, "23 months"),
        (24 * 30 * DAY, "24 months"),
        (2 * 365 * DAY - HOUR, "24 months"),
        (2 * 365 * DAY, "2 years"),
        (3 * 365 * DAY + 2 * 30 * DAY, "3 years"),
    ],
)
def test_a_time_is_told_in_go_units_words(seconds, words):
    assert write_duration(int(seconds * S)) == words


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State(), "Created"),
        (State(Status.RUNNING, started_ns=40 * S), "Up About a minute"),
        (
            State(Status.RUNNING, started_ns=95 * S, health=Health()),
            "Up 5 seconds (health: starting)",
        ),
        (State(Status.RUNNING, started_ns=95 * S, health=WELL), "Up 5 seconds (healthy)"),
        (State(Status.RUNNING, started_ns=95 * S, health=ILL), "Up 5 seconds (unhealthy)"),
        (State(Status.PAUSED, started_ns=95 * S, health=ILL), "Up 5 seconds (Paused)"),
        (State(Status.EXITED, finished_ns=98 * S, health=ILL), "Exited (0) 2 seconds ago"),
        (State(Status.PAUSED, started_ns=95 * S), "Up 5 seconds (Paused)"),
        (State(Status.EXITED, exit_code=137, finished_ns=98 * S), "Exited (137) 2 seconds ago"),
        (State(Status.RESTARTING, exit_code=1, finished_ns=99 * S), "Restarting (1) 1 second ago"),
        (State(Status.REMOVING), "Removal In Progress"),
        (State(Status.DEAD), "Dead"),
    ],
)
def test_the_status_column_is_docker_s(tmp_path, state, words):
    container = make_container(tmp_path)
    container.state = state
    assert describe_status(container, now_ns=100 * S) == words

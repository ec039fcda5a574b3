"""When a container is started again by its restart policy."""

from __future__ import annotations

from pausedemo.embedded.containers.running import next_backoff

NS = 1_000_000_000


def test_each_wait_is_twice_as_long_as_the_last_up_to_a_minute():
    waits = [0.0]
    for _ in range(12):
        waits.append(next_backoff(waits[-1], 0))
    assert waits[1:5] == [0.1, 0.2, 0.4, 0.8]
    assert waits[-3:] == [51.2, 60.0, 60.0]


def test_who_ran_for_long_waits_as_the_first_time():
    assert next_backoff(12.8, 10 * NS) == 25.6
    assert next_backoff(12.8, 10 * NS + 1) == 0.1

"""What is due is called in time, and nothing happens in between."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from pausedemo.clock import SystemClock
from pausedemo.kubelet.probes.schedule import Schedule
from tests.waiting import wait_until


class CountingClock(SystemClock):
    """Counts how often somebody goes to sleep."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def wait(self, event: threading.Event, timeout_s: float) -> bool:
        self.waits.append(timeout_s)
        return super().wait(event, timeout_s)


@pytest.fixture
def clock() -> CountingClock:
    return CountingClock()


@pytest.fixture
def schedule(clock: CountingClock) -> Iterator[Schedule]:
    made = Schedule(clock, threads=3)
    yield made
    made.close()


def test_calls_come_in_the_order_in_which_they_are_due(
    schedule: Schedule, clock: CountingClock
) -> None:
    now, called = clock.monotonic(), []
    for delay in (0.3, 0.1, 0.2, 0.0):
        schedule.call_at(now + delay, lambda delay=delay: called.append(delay))  # type: ignore[misc]
    wait_until("all are called", lambda: len(called) == 4)
    assert called == [0.0, 0.1, 0.2, 0.3]


def test_what_becomes_due_earlier_wakes_the_sleeper(
    schedule: Schedule, clock: CountingClock
) -> None:
    called = threading.Event()
    schedule.call_at(clock.monotonic() + 3600, lambda: None)
    wait_until("it sleeps", lambda: clock.waits)
    schedule.call_at(clock.monotonic(), called.set)
    assert called.wait(30)


def test_nothing_polls(schedule: Schedule, clock: CountingClock) -> None:
    for _ in range(100):
        schedule.call_at(clock.monotonic() + 3600, lambda: None)
    wait_until("it sleeps", lambda: clock.waits)
    before = len(clock.waits)
    threading.Event().wait(0.5)
    assert len(clock.waits) - before <= 1  # the last call may just have woken it
    assert clock.waits[-1] > 3500


def test_no_more_threads_are_used_than_allowed(schedule: Schedule, clock: CountingClock) -> None:
    gate, waiting, done = threading.Event(), threading.Semaphore(0), threading.Semaphore(0)

    def call() -> None:
        waiting.release()
        gate.wait(30)
        done.release()

    for _ in range(10):
        schedule.call_at(clock.monotonic(), call)
    for _ in range(3):
        assert waiting.acquire(timeout=30)
    assert not waiting.acquire(timeout=0.2)
    gate.set()
    for _ in range(10):
        assert done.acquire(timeout=30)


def test_a_closed_one_calls_nothing_and_ends_its_threads(clock: CountingClock) -> None:
    schedule = Schedule(clock)
    called = threading.Event()
    schedule.call_at(clock.monotonic(), called.set)
    assert called.wait(30)
    schedule.close()
    late = threading.Event()
    schedule.call_at(clock.monotonic(), late.set)

    def ended() -> bool:
        names = {thread.name for thread in threading.enumerate()}
        return not names & {"probe", "probes"}

    wait_until("its threads end", ended)
    assert not late.is_set()

"""Pause as init of a shared PID namespace: orphans, zombies and memory."""

from __future__ import annotations

import os
from typing import Final

import pytest

from tests.pause.pod import Pod
from tests.waiting import wait_until

pytestmark = pytest.mark.engine

ORPHANS: Final = 10_000
PAGE_KB: Final = os.sysconf("SC_PAGE_SIZE") // 1024


def test_10000_orphans_leave_no_zombie_and_take_no_memory(pod: Pod) -> None:
    pod.assert_pause_lives()
    resident_kb, faults = pod.resident_kb(), pod.process(1).children_faults

    pod.make_orphans(ORPHANS, timeout_s=120)

    wait_until("no zombie is left", lambda: not pod.zombies())
    assert {process.pid for process in pod.processes().values() if process.ppid == 1} == set()
    # A process has at least one page fault, and its parent inherits the count by waiting for it,
    # getrusage(2): so it was PID 1 that took them, all of them.
    assert pod.process(1).children_faults - faults >= ORPHANS
    assert abs(pod.resident_kb() - resident_kb) <= PAGE_KB


def test_it_holds_four_pages_of_memory_at_most(pod: Pod) -> None:
    pod.assert_pause_lives()
    assert 0 < pod.resident_kb() <= 4 * PAGE_KB


def test_one_signal_for_many_orphans_is_enough(pod: Pod) -> None:
    pod.engine.kill_container(pod.pause, "STOP")
    pod.make_orphans(100)
    wait_until("a hundred zombies", lambda: len(pod.zombies()) == 100)
    # A hundred CHLD are one by now: standard signals do not queue, signal(7).
    pod.engine.kill_container(pod.pause, "CONT")
    wait_until("no zombie is left", lambda: not pod.zombies())


def test_an_orphan_that_lives_on_is_adopted_and_reaped_at_its_end(pod: Pod) -> None:
    # The subshell ends at once; exec keeps the sleep in the process that $! names.
    orphan = int(pod.shell("(sleep 1000 >/dev/null 2>&1 & echo $!)"))
    wait_until("PID 1 adopts it", lambda: pod.process(orphan).ppid == 1)
    pod.shell(f"kill -KILL {orphan}")
    wait_until("it is gone", lambda: orphan not in pod.processes())


def test_the_same_orphans_stay_as_zombies_under_a_pid_1_that_does_not_wait(
    empty_pod: Pod,
) -> None:
    pod = empty_pod
    pod.start(("sleep", "1000"))
    pod.make_orphans(10)
    wait_until("ten zombies", lambda: len(pod.zombies()) == 10)
    assert {process.ppid for process in pod.zombies()} == {1}

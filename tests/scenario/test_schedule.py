from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pausedemo.scenario.schedule import Plan, Schedule, Task


def take_all(schedule: Schedule) -> list[tuple[int, int]]:
    taken = []
    while (task := schedule.take()) is not None:
        taken.append((task.index, task.attempt))
        schedule.note(task, good=True)
    return taken


def test_all_are_played_once_before_any_is_played_again() -> None:
    assert take_all(Schedule(3, Plan(repeat=2))) == [
        (0, 0),
        (1, 0),
        (2, 0),
        (0, 1),
        (1, 1),
        (2, 1),
    ]


def test_without_a_scenario_there_is_nothing_to_do() -> None:
    assert take_all(Schedule(0, Plan(repeat=9))) == []


def test_fail_fast_hands_out_nothing_after_a_bad_one() -> None:
    schedule = Schedule(4, Plan(jobs=2, fail_fast=True))
    first, second = schedule.take(), schedule.take()
    assert first is not None
    assert second is not None
    schedule.note(first, good=False)
    assert schedule.take() is None
    assert schedule.is_done_with(0)
    assert not schedule.is_done_with(1)
    schedule.note(second, good=True)
    assert [schedule.is_done_with(index) for index in range(4)] == [True] * 4


def test_without_it_a_bad_one_stops_nothing() -> None:
    schedule = Schedule(2, Plan())
    first = schedule.take()
    assert first is not None
    schedule.note(first, good=False)
    assert schedule.take() == Task(1, 0)


@given(
    total=st.integers(1, 5),
    repeat=st.integers(1, 4),
    jobs=st.integers(1, 4),
    data=st.data(),
)
def test_in_whatever_order_they_end_each_is_played_as_often_as_planned(
    total: int, repeat: int, jobs: int, data: st.DataObject
) -> None:
    schedule = Schedule(total, Plan(jobs=jobs, repeat=repeat))
    running: list[Task] = []
    ended: list[Task] = []
    while True:
        while len(running) < jobs and (task := schedule.take()) is not None:
            running.append(task)
        if not running:
            break
        task = running.pop(data.draw(st.integers(0, len(running) - 1)))
        schedule.note(task, good=True)
        ended.append(task)
        for index in range(total):
            times = sum(one.index == index for one in ended)
            assert schedule.is_done_with(index) == (times == repeat)
    assert sorted(ended) == [Task(i, a) for i in range(total) for a in range(repeat)]

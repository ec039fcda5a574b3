"""Ended at a random moment: by a signal nothing is left; by SIGKILL, nothing after ``clean``."""

from __future__ import annotations

import json
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count
from pathlib import Path
from random import SystemRandom

import junitparser
import pytest

from pausedemo.core import naming
from pausedemo.engine.port import ContainerInfo
from pausedemo.errors import EXIT_INTERRUPTED
from tests.life.conftest import Arena, end
from tests.waiting import wait_until

#: Later than this a run of the scenario is in its last step, which waits for ever.
LONGEST_S = 2.5
KILLED_RUNS = 100
OURS = {naming.OWNER: None}
AT_ONCE = 4


def draw_moments(count: int) -> list[float]:
    """Seconds after the start, spread evenly with a random shift: every phase is met."""
    shift = SystemRandom().random()
    return [LONGEST_S * (index + shift) / count for index in range(count)]


def let_run(seconds: float) -> None:
    # Not a wait for something: the moment is what the test is about.
    time.sleep(seconds)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_a_signal_at_any_moment_leaves_nothing(
    arena: Arena, bystander: ContainerInfo, number: signal.Signals
) -> None:
    """One after another, so that what is left is this run's. Python itself starts first."""
    for moment in draw_moments(10):
        with arena.running() as run:
            wait_until("it is ours to signal", partial(is_ready, run.pid))
            let_run(moment)
            code, stdout, stderr = end(run, number)
        assert code == EXIT_INTERRUPTED, (moment, code, stdout, stderr)
        assert "Traceback" not in stdout + stderr, (moment, stderr)
        assert f"stopped by {number.name}" in stderr, (moment, stderr)
        assert arena.everything() == [bystander.name], moment


def is_ready(pid: int) -> bool:
    """Whether the run catches SIGTERM already: SigCgt in proc(5). Before, nothing was made."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1)


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_what_had_ended_before_a_signal_is_reported(
    arena: Arena, bystander: ContainerInfo, tmp_path: Path, jobs: str
) -> None:
    quick = arena.scenario.parent / "quick.yaml"
    quick.write_text(
        "name: quick\ntitle: It ends\npods: {p: {manifest: isolated.yaml}}\nsteps:\n- apply: {}\n"
    )
    junit, report, html = (tmp_path / name for name in ("r.xml", "r.json", "r.html"))
    reports = ("--junit", junit, "--json", report, "--html", html)
    with arena.running("-q", "-j", jobs, *reports, first=[quick]) as run:
        assert run.stdout
        while "quick" not in (line := run.stdout.readline()):
            assert line, "it ended before"
        wait_until("the other is under way", lambda: len(arena.ours()) >= 4)
        code, _, stderr = end(run, signal.SIGTERM)
    assert code == EXIT_INTERRUPTED, stderr
    assert arena.everything() == [bystander.name]
    suites = list(junitparser.JUnitXml.fromfile(str(junit)))
    assert [(suite.name, suite.errors) for suite in suites] == [("quick", 0), ("pausedemo", 1)]
    assert [one.message for case in suites[1] for one in case.result] == ["stopped by SIGTERM"]
    found = json.loads(report.read_text())
    assert [(one["name"], one["status"]) for one in found["scenarios"]] == [("quick", "passed")]
    assert "It ends" in html.read_text()


def test_signals_while_it_cleans_up_change_nothing(arena: Arena, bystander: ContainerInfo) -> None:
    with arena.running() as run:
        wait_until("both pods are there", lambda: len(arena.ours()) >= 4)
        for _ in range(20):
            run.send_signal(signal.SIGINT)
            run.send_signal(signal.SIGTERM)
        code, stdout, stderr = end(run, signal.SIGHUP)
    assert (code, "Traceback" in stdout + stderr) == (EXIT_INTERRUPTED, False), stderr
    assert arena.everything() == [bystander.name]


def test_100_killed_runs_are_cleaned_up_and_a_bystander_is_unharmed(
    arena: Arena, bystander: ContainerInfo
) -> None:
    """Several at once, each followed by ``clean``, which must leave the other runs alone."""

    def count_of(pid: int) -> int:
        rows = arena.engine.list_containers(OURS)
        return sum(f".{pid}." in row.labels[naming.OWNER] for row in rows)

    def kill_one(number: int, moment: float) -> int:
        with arena.running() as run:
            if number % 2:  # of the others some have not begun, the more the slower the machine
                wait_until("it has begun", lambda: count_of(run.pid) > 0)
            let_run(moment)
            code, _, stderr = end(run, signal.SIGKILL)
        assert code == -signal.SIGKILL, (moment, stderr)
        mine = f".{run.pid}."
        left = count_of(run.pid)
        cleaned = arena.clean()
        assert cleaned.returncode == 0, cleaned
        assert "Traceback" not in cleaned.stderr
        rows = arena.engine.list_containers(OURS)
        assert [row.name for row in rows if mine in row.labels[naming.OWNER]] == []
        return left

    with ThreadPoolExecutor(AT_ONCE) as threads:
        left = list(threads.map(kill_one, count(), draw_moments(KILLED_RUNS)))
    assert arena.everything() == [bystander.name]
    # Or else nothing was tried: many of them must have left something to clean.
    assert sum(found > 0 for found in left) > KILLED_RUNS // 4


def test_the_next_run_removes_what_a_killed_one_left(
    arena: Arena, bystander: ContainerInfo
) -> None:
    with arena.running() as first:
        wait_until("it has begun", lambda: len(arena.ours()) >= 4)
        end(first, signal.SIGKILL)
    left = set(arena.ours())
    assert left
    with arena.running() as second:
        wait_until("they are gone", lambda: not left & set(arena.ours()))
        code, _, stderr = end(second, signal.SIGTERM)
    assert code == EXIT_INTERRUPTED, stderr
    assert arena.everything() == [bystander.name]


def test_a_run_leaves_another_one_that_lives_alone(arena: Arena) -> None:
    with arena.running() as first:
        wait_until("it has begun", lambda: len(arena.ours()) >= 4)
        before = set(arena.ours())
        assert arena.clean().stdout == "nothing to remove\n"
        assert before <= set(arena.ours())
        end(first, signal.SIGTERM)
    assert arena.everything() == []


def test_what_was_kept_is_there_until_clean(arena: Arena, bystander: ContainerInfo) -> None:
    with arena.running("--keep") as run:
        wait_until("it has begun", lambda: len(arena.ours()) >= 4)
        code, _, stderr = end(run, signal.SIGTERM)
    assert code == EXIT_INTERRUPTED, stderr
    kept = set(arena.ours())
    assert len(kept) >= 4
    with arena.running() as second:
        wait_until("it has begun", lambda: len(arena.ours()) >= len(kept) + 4)
        end(second, signal.SIGTERM)
    assert set(arena.ours()) == kept
    cleaned = arena.clean()
    assert cleaned.returncode == 0, cleaned
    assert {line.removeprefix("removed ") for line in cleaned.stdout.splitlines()} == kept
    assert arena.everything() == [bystander.name]

"""Several scenarios at once, ended by force: each waits for an hour, in a way of its own."""

from __future__ import annotations

import signal
from functools import partial
from pathlib import Path

import pytest

from pausedemo.engine.port import ContainerInfo
from pausedemo.engine.remains import end_processes_of
from pausedemo.errors import EXIT_INTERRUPTED, EXIT_NO_ENGINE
from tests.life.conftest import ENDED_TIMEOUT_S, Arena, end, open_arena
from tests.life.test_engine_gone import assert_clean_removes_the_rest
from tests.life.test_signals import draw_moments, is_ready, let_run
from tests.waiting import wait_until

#: Each makes a pod of two containers, then waits.
WAITS = {
    "in-a-stop": "- stop: {container: a, grace_s: 3600}",
    "in-an-exec": '- exec: {container: a, command: [sleep, "3600"], timeout_s: 3600}',
    "in-a-look": '- exec: {container: a, command: ["false"]}\n  within_s: 3600',
    "in-a-wait": "- wait: {container: a, state: exited, timeout_s: 3600}",
}
CONTAINERS = 2 * len(WAITS)
JOBS = ("-j", str(len(WAITS) + 1))


@pytest.fixture
def waiting(arena: Arena) -> list[Path]:
    return write_waiting(arena)


def write_waiting(arena: Arena) -> list[Path]:
    """The files, beside the arena's own scenario, whose manifests they use."""
    files = []
    for name, step in WAITS.items():
        files.append(path := arena.scenario.parent / f"{name}.yaml")
        path.write_text(
            f"name: {name}\ntitle: It waits\npods: {{p: {{manifest: isolated.yaml}}}}\n"
            f"steps:\n- apply: {{}}\n{step}\n"
        )
    return files


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_a_signal_ends_all_of_them_and_nothing_is_left(
    arena: Arena, bystander: ContainerInfo, waiting: list[Path], number: signal.Signals
) -> None:
    with arena.running(*waiting, *JOBS) as run:
        wait_until("all wait", lambda: len(arena.ours()) >= CONTAINERS + 4)
        code, stdout, stderr = end(run, number)
    assert code == EXIT_INTERRUPTED, (stdout, stderr)
    assert stderr.strip() == f"pausedemo: stopped by {number.name}"
    assert "Traceback" not in stdout
    assert arena.everything() == [bystander.name]


def test_a_signal_at_any_moment_leaves_nothing(
    arena: Arena, bystander: ContainerInfo, waiting: list[Path]
) -> None:
    for moment in draw_moments(6):
        with arena.running(*waiting, *JOBS) as run:
            wait_until("it is ours to signal", partial(is_ready, run.pid))
            let_run(moment)
            code, stdout, stderr = end(run, signal.SIGINT)
        assert code == EXIT_INTERRUPTED, (moment, code, stdout, stderr)
        assert "Traceback" not in stdout + stderr, (moment, stderr)
        assert arena.everything() == [bystander.name], moment


def test_what_is_kept_outlives_a_signal(
    arena: Arena, bystander: ContainerInfo, waiting: list[Path]
) -> None:
    with arena.running(*waiting, *JOBS, "--keep") as run:
        wait_until("all wait", lambda: len(arena.ours()) >= CONTAINERS + 4)
        code, _, stderr = end(run, signal.SIGINT)
    assert code == EXIT_INTERRUPTED, stderr
    assert "Traceback" not in stderr
    assert len(arena.ours()) >= CONTAINERS
    assert arena.clean().returncode == 0
    assert arena.everything() == [bystander.name]


@pytest.mark.engine
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_engine_that_goes_away_is_one_clear_error(tmp_path: Path) -> None:
    with open_arena(tmp_path) as arena:
        with arena.running(*write_waiting(arena), *JOBS) as run:
            wait_until("all wait", lambda: len(arena.ours()) >= CONTAINERS + 4)
            end_processes_of(arena.place.exec_root)
            stdout, stderr = run.communicate(timeout=ENDED_TIMEOUT_S)
        assert run.returncode == EXIT_NO_ENGINE, stdout + stderr
        assert "Traceback" not in stdout + stderr
        assert f"the engine at {arena.place.endpoint.url} has gone" in stderr
        assert len(stderr.splitlines()) == 1
        assert_clean_removes_the_rest(arena)

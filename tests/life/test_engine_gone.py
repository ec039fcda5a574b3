"""The engine goes away in the middle of a run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pausedemo.engine.daemon import start_daemon
from pausedemo.engine.remains import end_processes_of
from pausedemo.errors import EXIT_NO_ENGINE
from tests.life.conftest import ENDED_TIMEOUT_S, Arena, open_arena
from tests.waiting import wait_until

# The SDK leaves sockets that could not connect to the garbage collector, which says so.
pytestmark = [
    pytest.mark.engine,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.mark.parametrize("moment", ["while it makes pods", "in its last step"])
def test_a_killed_engine_ends_the_run_with_a_clear_message(tmp_path: Path, moment: str) -> None:
    containers = 1 if moment == "while it makes pods" else 5
    with open_arena(tmp_path) as arena:
        with arena.running("--json", tmp_path / "report.json") as run:
            wait_until("the moment has come", lambda: len(arena.ours()) >= containers)
            end_processes_of(arena.place.exec_root)
            stdout, stderr = run.communicate(timeout=ENDED_TIMEOUT_S)
        assert run.returncode == EXIT_NO_ENGINE, stdout + stderr
        assert "Traceback" not in stdout + stderr
        assert f"the engine at {arena.place.endpoint.url} has gone" in stderr
        assert len(stderr.splitlines()) == 1
        (scenario,) = json.loads((tmp_path / "report.json").read_text())["scenarios"]
        assert scenario["status"] == "error"
        assert [s["status"] for s in scenario["steps"] if s["kind"] != "teardown"].count(
            "error"
        ) == 1
        assert_clean_removes_the_rest(arena)


def assert_clean_removes_the_rest(arena: Arena) -> None:
    start_daemon(arena.place)
    left = set(arena.ours())
    assert left
    cleaned = arena.clean()
    assert cleaned.returncode == 0, cleaned
    assert {line.removeprefix("removed ") for line in cleaned.stdout.splitlines()} == left
    assert arena.everything() == []

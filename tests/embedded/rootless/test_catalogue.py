"""The catalogue on engines of ordinary users: all passes but what their rights do not reach."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pausedemo.images.cache import ImageCache
from tests.embedded.engines import RunningEngine

#: No cgroup may be written: nothing can be frozen.
WITHOUT_CGROUPS = {"net-frozen"}
#: There is no second user to whom a signal could be forbidden.
WITHOUT_USERS = {"signal-sibling"}
#: The node's message queues are shown, not mounted: where the node has none there are none.
WITHOUT_QUEUES = set() if Path("/dev/mqueue").is_dir() else {"host-ipc"}


@pytest.mark.parametrize(
    ("kind", "differing"),
    [("range_engine", WITHOUT_CGROUPS), ("single_engine", WITHOUT_CGROUPS | WITHOUT_USERS)],
)
def test_all_scenarios_pass_but_those_that_need_more_rights(
    request: pytest.FixtureRequest, kind: str, differing: set[str]
) -> None:
    found = play(request, kind, "--all", "--select", "not article and not back-off")
    passed = {name for name, status in found.items() if status == "passed"}
    assert found.keys() - passed == differing | WITHOUT_QUEUES
    assert len(passed) > 50


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("range_engine", ["network-share", "pid-share", "pause-kill"]),
        # pid-share looks for Ghost's user, whom a single id has no number for.
        ("single_engine", ["network-share", "pause-kill"]),
    ],
)
def test_the_experiments_pass_with_nginx_and_ghost(
    request: pytest.FixtureRequest, kind: str, names: list[str], cache: ImageCache
) -> None:
    if not any(cache.folder.glob("ghost-*.tar")):
        pytest.skip("Ghost takes minutes to build: run `pausedemo run network-share` once")
    assert play(request, kind, *names) == dict.fromkeys(names, "passed")


def play(request: pytest.FixtureRequest, kind: str, *arguments: str) -> dict[str, str]:
    """Run scenarios: how each came out, by name."""
    engine: RunningEngine = request.getfixturevalue(kind)
    report: Path = request.getfixturevalue("tmp_path") / "report.json"
    # Most of them wait most of their time; there are processors for more than one.
    command = [sys.executable, "-m", "pausedemo", "run", *arguments, "--quiet", "--jobs", "3"]
    command += ["--images", "local", "--engine", engine.url, "--json", str(report)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)
    assert report.exists(), done.stdout + done.stderr
    played = json.loads(report.read_text())["scenarios"]
    return {one["name"]: one["status"] for one in played}

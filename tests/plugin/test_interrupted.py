"""pytest ended from outside in the middle of a scenario: nothing of it stays on the engine."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable

import pytest

from tests.plugin.conftest import TIMEOUT_S, Project
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("pause_image", "busybox_image")

ENDLESS = """
- exec: {container: x, command: [sleep, "3600"], timeout_s: 3600}
"""


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("whom", ["pytest", "everybody"])
def test_a_signal_leaves_nothing(
    project: Project, left: Callable[[], list[str]], number: signal.Signals, whom: str, workers: int
) -> None:
    """``everybody``: as a terminal's Ctrl-C does, which reaches pytest-xdist's workers too."""
    for name in ["one", "two"][: workers or 1]:
        project.scenario(name, ENDLESS)
    arguments = ["-n", str(workers)] if workers else []
    with subprocess.Popen(
        project.command(*arguments),
        cwd=project.folder,
        env=project.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as run:
        try:
            wait_until("the scenarios run", lambda: len(left()) >= max(workers, 1))
            if whom == "pytest":
                run.send_signal(number)
            else:
                os.killpg(run.pid, number)
            stdout, _ = run.communicate(timeout=TIMEOUT_S)
        finally:
            if run.poll() is None:
                os.killpg(run.pid, signal.SIGKILL)
    # A worker that lost pytest ends by itself, a little later.
    wait_until("nothing is left", lambda: not left())
    if not workers:
        assert run.returncode == pytest.ExitCode.INTERRUPTED, stdout
        assert f"stopped by {number.name}" in stdout

"""No engine, or no image: exit code 3, and what was tried."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from pausedemo.errors import EXIT_FAILED, EXIT_NO_ENGINE
from tests.scenario.conftest import Cli, write_scenario

FAILING = """
- apply: {}
- exec: {container: side, command: [echo, hello]}
  expect: {stdout: "good bye\\n"}
- exec: {container: side, command: [echo, later]}
  expect: {stdout: "later\\n"}
"""


@pytest.fixture
def lonely(tmp_path: Path) -> Cli:
    """The command in an environment that names no engine."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DOCKER_")}
    runtime = {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}
    return Cli({**kept, **runtime, "PYTHONPATH": os.pathsep.join(sys.path)})


@pytest.mark.parametrize("command", [("run", "network-share"), ("clean",)])
def test_an_engine_that_does_not_answer(
    lonely: Cli, tmp_path: Path, command: tuple[str, ...]
) -> None:
    url = f"unix://{tmp_path}/absent.sock"
    done = lonely(*command, DOCKER_HOST=url)
    assert done.returncode == EXIT_NO_ENGINE
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        "pausedemo: no engine answers",
        f"pausedemo:   tried {url} (DOCKER_HOST): there is no such socket",
        "pausedemo:   this engine was chosen by DOCKER_HOST: start it, or take that choice back",
    ]


def test_podman_that_is_not_there(lonely: Cli, tmp_path: Path) -> None:
    if Path("/run/podman/podman.sock").exists():
        pytest.skip("this machine has a podman socket")
    done = lonely("run", "network-share", "--engine", "podman")
    assert done.returncode == EXIT_NO_ENGINE
    assert f"tried unix://{tmp_path}/podman/podman.sock" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_image_that_no_registry_has(cli: Cli, pause_image: str, tmp_path: Path) -> None:
    del pause_image
    pod = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: unavailable}\n"
        "spec: {containers: [{name: side, image: '127.0.0.1:9/no/such:image'}]}\n"
    )
    path = write_scenario(tmp_path, "- apply: {}", pod)
    reports = ("--json", tmp_path / "report.json", "--junit", tmp_path / "report.xml")
    done = cli("run", path, "--images", "registry", *reports)
    assert done.returncode == EXIT_NO_ENGINE, done
    assert "Traceback" not in done.stderr
    assert "cannot get image" in done.stderr
    assert "tried" in done.stderr
    assert '"scenarios": []' in (tmp_path / "report.json").read_text()
    junit = ElementTree.parse(tmp_path / "report.xml").getroot()  # noqa: S314 - our own
    error = junit.find("testsuite/testcase/error")
    assert junit.get("errors") == "1"
    assert error is not None
    assert "cannot get image" in str(error.get("message"))


def test_an_expectation_that_fails_is_exit_code_1_with_both_sides_shown(
    cli: Cli, busybox_image: str, tmp_path: Path
) -> None:
    del busybox_image
    path = write_scenario(tmp_path, FAILING)
    done = cli("run", path, "--images", "local")
    assert done.returncode == EXIT_FAILED
    assert "good bye" in done.stdout
    assert "hello" in done.stdout
    # The step after it was still done.
    assert "later" in done.stdout
    assert "\x1b" not in done.stdout
    assert "Traceback" not in done.stderr

"""A team's project with scenarios in it, and pytest started there as a person starts it."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from pausedemo.core import naming
from pausedemo.engine.docker import DockerEngine

TIMEOUT_S = 300
#: What would change how the inner pytest behaves.
LEFT_OUT = ("PYTEST_", "PAUSEDEMO_ENGINE", "PAUSEDEMO_IMAGES", "PAUSEDEMO_NO_ENGINE", "COLUMNS")


@dataclass(slots=True)
class Project:
    """A folder, and pytest in it. ``mark`` is in the names of its scenarios, and in no other's."""

    folder: Path
    environ: dict[str, str]
    mark: str = field(default_factory=lambda: uuid.uuid4().hex[:8])

    def write(self, path: str, text: str) -> Path:
        """A file of the project."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text).lstrip())
        return file

    def scenario(self, name: str, steps: str, head: str = "") -> str:
        """A scenario of one container ``x`` below scenarios/; its node id. ``head``: more lines."""
        full = f"{name}-{self.mark}"
        path = f"scenarios/{name}.yaml"
        file = self.folder / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(
            f"name: {full}\ntitle: What x says\n{head}"
            "containers:\n  x: {image: busybox, command: [sleep, '3600']}\n"
            "steps:\n  - name: Start x\n    run: {containers: [x]}\n"
            f"{textwrap.indent(textwrap.dedent(steps).strip(), '  ')}\n"
        )
        return f"{path}::{full}"

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]

    def run(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Start pytest and wait for its end."""
        return subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env={**self.environ, **environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )


def make_project(folder: Path, environ: dict[str, str]) -> Project:
    if not entry_points(group="pytest11", name="pausedemo"):
        pytest.fail("pytest does not know pausedemo: install it again, pip install --editable .")
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers --strict-config\n")
    kept = {name: value for name, value in environ.items() if not name.startswith(LEFT_OUT)}
    # In CI pytest cuts no line of its summary short, and says twice what it says once elsewhere.
    kept.pop("CI", None)
    kept.pop("BUILD_NUMBER", None)
    return Project(folder, kept)


@pytest.fixture
def offline(tmp_path: Path) -> Project:
    """A project on a machine without an engine."""
    return make_project(tmp_path, {**os.environ, "DOCKER_HOST": f"unix://{tmp_path}/absent.sock"})


@pytest.fixture
def project(tmp_path: Path, engine_environ: dict[str, str]) -> Project:
    """A project on a machine with an engine."""
    return make_project(tmp_path, engine_environ)


@pytest.fixture
def left(engine: DockerEngine, project: Project) -> Callable[[], list[str]]:
    """What the project's scenarios have on the engine."""

    def look() -> list[str]:
        found = engine.list_containers({naming.SCENARIO: None})
        return [row.name for row in found if project.mark in row.labels[naming.SCENARIO]]

    return look

"""Scenarios written by a test, played on the engine; and the command line as a person starts it."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import textwrap
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pytest

from pausedemo.clock import SystemClock
from pausedemo.core import naming
from pausedemo.core.verdicts.results import EngineFacts, StepResult
from pausedemo.engine.docker import DockerEngine
from pausedemo.images.resolve import ResolvedImage
from pausedemo.kubelet.owner import Owner
from pausedemo.kubelet.reach.nodecontainer import NodeContainer
from pausedemo.scenario.library import load_scenario
from pausedemo.scenario.listener import SilentListener
from pausedemo.scenario.parse import Scenario
from pausedemo.scenario.runner import Played, play
from pausedemo.scenario.stage import NODE_IMAGE, StageSettings

POD = """
apiVersion: v1
kind: Pod
metadata: {name: stage-test}
spec:
  containers:
  - {name: web, image: busybox, command: [httpd, -f, -p, "80", -h, /tmp]}
  - {name: side, image: busybox, command: [sleep, "3600"]}
"""
COMMAND_TIMEOUT_S = 300


def write_scenario(
    folder: Path, steps: str, pod: str = POD, *, name: str = "staged", kubelet: bool = False
) -> Path:
    """A scenario file of one pod, ``p``, and its manifest beside it; the file's path."""
    (folder / "pod.yaml").write_text(pod)
    path = folder / f"{name}.yaml"
    path.write_text(
        f"name: {name}\ntitle: A scenario of a test\n"
        f"pods:\n  p: {{manifest: pod.yaml, kubelet: {str(kubelet).lower()}}}\n"
        f"steps:\n{textwrap.indent(textwrap.dedent(steps).strip(), '  ')}\n"
    )
    return path


@dataclass
class Stager:
    """Plays scenarios, and knows what they have on the engine."""

    engine: DockerEngine
    find_image: Callable[[str], str]
    folder: Path
    run: str = field(default_factory=lambda: uuid.uuid4().hex)

    @cached_property
    def node(self) -> NodeContainer:
        """Bears a label of its own: no scenario takes it down."""
        labels = {naming.OWNER: str(Owner.this_process())}
        return NodeContainer(self.engine, lambda: self.find_image(NODE_IMAGE), labels)

    @property
    def settings(self) -> StageSettings:
        labels = {naming.RUN: self.run, naming.OWNER: str(Owner.this_process())}
        about = self.engine.describe()
        facts = EngineFacts(about.name, about.version, about.api_version, about.runtime)
        return StageSettings(self.find_image, labels, (1, 31), facts, self.node)

    def load(self, steps: str, pod: str = POD, *, kubelet: bool = False) -> Scenario:
        return load_scenario(write_scenario(self.folder, steps, pod, kubelet=kubelet))

    def play(
        self, steps: str, pod: str = POD, *, kubelet: bool = False, keep: bool = False
    ) -> Played:
        scenario = self.load(steps, pod, kubelet=kubelet)
        listener = SilentListener()
        return play(scenario, self.engine, SystemClock(), self.settings, listener, keep=keep)

    def steps(self, steps: str, pod: str = POD, *, kubelet: bool = False) -> tuple[StepResult, ...]:
        """Each step's result; nothing may be left on the engine."""
        played = self.play(steps, pod, kubelet=kubelet)
        assert self.left() == []
        return played.result.steps

    def left(self) -> list[str]:
        """What the scenario has on the engine."""
        return sorted(row.name for row in self.engine.list_containers({naming.RUN: self.run}))


@pytest.fixture
def stager(
    engine: DockerEngine, resolve: Callable[[str], ResolvedImage], tmp_path: Path
) -> Iterator[Stager]:
    made = Stager(engine, lambda name: resolve(name).used, tmp_path)
    with contextlib.closing(made.node):
        yield made


@dataclass(frozen=True, slots=True)
class Cli:
    """Starts ``python -m pausedemo`` on the tests' engine."""

    environ: dict[str, str]

    def __call__(self, *arguments: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pausedemo", *map(str, arguments)],
            env={**self.environ, **environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_TIMEOUT_S,
            check=False,
        )


@pytest.fixture
def cli(engine_environ: dict[str, str]) -> Cli:
    return Cli(engine_environ)

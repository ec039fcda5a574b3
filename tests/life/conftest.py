"""Runs of pausedemo that are ended by force, on an engine of their own.

``pausedemo clean`` removes what anybody of this machine kept: on an engine that is shared it
would take a person's pods along.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from pausedemo.core import naming
from pausedemo.engine.connect import connect
from pausedemo.engine.daemon import Place, start_daemon, stop_daemon
from pausedemo.engine.port import ContainerConfig, ContainerInfo, Engine
from pausedemo.engine.private import prepare_machine, render_environment
from pausedemo.errors import PausedemoError
from pausedemo.images.cache import ImageCache
from tests.conftest import make_resolve, skip_or_fail

ENDED_TIMEOUT_S = 120

SCENARIO = """\
name: two-pods
title: Two pods, one of them with a kubelet
pods:
  kept: {manifest: shared.yaml, kubelet: true}
  bare: {manifest: isolated.yaml}
steps:
- apply: {pod: kept}
- apply: {pod: bare}
- kill: {pod: kept, container: POD}
- pod: {pod: kept}
  within_s: 60
  expect: {ready: 1/1, restarts: 1}
- namespaces: {pod: bare, containers: [POD, a]}
  expect: {namespaces: {shared: {net: [POD, a]}}}
- exec: {pod: bare, container: a, command: [sleep, "3600"], timeout_s: 3600}
"""
POD = """\
apiVersion: v1
kind: Pod
metadata: {{name: {name}}}
spec:
  shareProcessNamespace: {shared}
  containers:
  - {{name: a, image: busybox, command: [sleep, "3600"]}}
"""


@dataclass(slots=True)
class Arena:
    """An engine that nobody else uses, and commands that run on it."""

    place: Place
    engine: Engine
    scenario: Path

    @property
    def environ(self) -> dict[str, str]:
        environ = render_environment(self.place.endpoint, os.environ)
        return {**environ, "PYTHONPATH": os.pathsep.join(sys.path)}

    @contextlib.contextmanager
    def running(
        self, *arguments: str | Path, first: Sequence[Path] = ()
    ) -> Iterator[subprocess.Popen[str]]:
        """A run of the scenario: it lasts until somebody ends it, or the block ends.

        ``first`` are played before.
        """
        command = [sys.executable, "-m", "pausedemo", "run", *first, self.scenario, *arguments]
        with subprocess.Popen(
            [*map(str, command), "--images", "local"],
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def clean(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pausedemo", "clean"],
            env=self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=ENDED_TIMEOUT_S,
            check=False,
        )

    def ours(self) -> list[str]:
        """What pausedemo has on the engine."""
        return [row.name for row in self.engine.list_containers({naming.OWNER: None})]

    def everything(self) -> list[str]:
        """All containers on the engine, by name."""
        return sorted(row.name for row in self.engine.list_containers({}))


def end(process: subprocess.Popen[str], number: signal.Signals) -> tuple[int, str, str]:
    """Signal a run and wait for its end: exit code, stdout, stderr."""
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=ENDED_TIMEOUT_S)
    return process.returncode, stdout, stderr


@contextlib.contextmanager
def open_arena(folder: Path) -> Iterator[Arena]:
    try:
        prepare_machine()
    except PausedemoError as error:
        skip_or_fail(f"no engine of our own here: {error}")
    (folder / "two-pods.yaml").write_text(SCENARIO)
    for name, shared in (("shared", "true"), ("isolated", "false")):
        (folder / f"{name}.yaml").write_text(POD.format(name=name, shared=shared))
    place = Place.at(folder / "engine")
    with contextlib.ExitStack() as stack:
        stack.callback(stop_daemon, place)
        start_daemon(place)
        engine = connect(place.endpoint.url)
        stack.callback(engine.close)
        resolve = make_resolve(engine, ImageCache())
        for image in ("pause", "busybox"):
            resolve(image)
        yield Arena(place, engine, folder / "two-pods.yaml")


@pytest.fixture(scope="session")
def shared_arena(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    with open_arena(tmp_path_factory.mktemp("arena")) as arena:
        yield arena


@pytest.fixture
def arena(shared_arena: Arena) -> Iterator[Arena]:
    """The arena, empty; what a failed test leaves is removed."""
    yield shared_arena
    for row in shared_arena.engine.list_containers({}):
        shared_arena.engine.remove_container(row.id)


@pytest.fixture
def bystander(arena: Arena) -> Iterator[ContainerInfo]:
    """A container that is none of ours, as it was before the test; it must be so afterwards."""
    busybox = make_resolve(arena.engine, ImageCache())("busybox").used
    name = f"bystander-{uuid.uuid4().hex[:8]}"
    labels = {naming.POD_NAME: "like-ours", naming.POD_UID: str(uuid.uuid4())}
    config = ContainerConfig(name=name, image=busybox, command=("sleep", "3600"), labels=labels)
    container = arena.engine.create_container(config)
    arena.engine.start_container(container)
    before = arena.engine.inspect_container(container)
    yield before
    assert arena.engine.inspect_container(container) == before

"""Pods made and seen with the commands, on Docker and on the engine that we bring along."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pexpect
import pytest

from pausedemo.cli.manifests import place
from pausedemo.clock import SystemClock
from pausedemo.core.manifest import parse_file
from pausedemo.core.pods.pod import LATEST_KUBERNETES
from pausedemo.engine.connect import connect
from pausedemo.engine.port import Engine
from pausedemo.kubelet.objects.applying import Keeper
from pausedemo.kubelet.objects.store import Kind, Store
from tests.cli.conftest import Ended, Invoke

PROGRAM = "from pausedemo.cli import main; main()"
TIMEOUT_S = 60


@pytest.fixture(scope="session")
def embedded_pods_engine() -> Iterator[Engine]:
    with contextlib.closing(connect("embedded")) as connected:
        yield connected


@pytest.fixture(scope="session", params={"docker": "engine", "embedded": "embedded_pods_engine"})
def pods_engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine in turn."""
    names = {"docker": "engine", "embedded": "embedded_pods_engine"}
    engine: Engine = request.getfixturevalue(names[request.param])
    return engine


@dataclass(slots=True)
class Pods:
    """The commands, on one engine and in a namespace of the test's own."""

    engine: Engine
    invoke: Invoke
    folder: Path
    namespace: str
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)
    spawned: list[pexpect.spawn[str]] = field(default_factory=list)

    def __call__(self, *words: str, code: int = 0) -> Ended:
        """Run one in this process; it must end with that code."""
        ended = self.invoke(*self._with_options(words))
        assert ended.code == code, (words, ended)
        return ended

    def lines(self, *words: str, code: int = 0) -> list[str]:
        """What one prints, line by line, with single blanks."""
        return [" ".join(line.split()) for line in self(*words, code=code).stdout.splitlines()]

    def apply(self, text: str, code: int = 0) -> Ended:
        file = self.folder / "manifest.yaml"
        file.write_text(textwrap.dedent(text))
        return self("apply", "-f", str(file), "--images", "local", code=code)

    def record(self, text: str) -> None:
        """Keep the objects of manifests, and make nothing: what an apply that is cut off leaves."""
        keeper = Keeper(Store(self.engine), SystemClock())
        for one in parse_file(textwrap.dedent(text), "manifest.yaml").objects:
            keeper.apply(place(one, self.namespace, given=True), LATEST_KUBERNETES)

    def command(self, *words: str) -> list[str]:
        """What Python is to be given for one in a process of its own."""
        return ["-c", PROGRAM, *self._with_options(words)]

    def _with_options(self, words: tuple[str, ...]) -> list[str]:
        """Options come first: what is behind ``--`` is another command's."""
        name, *others = words
        namespace = [] if name == "kubelet" else ["-n", self.namespace]
        return [name, *namespace, "--engine", self.engine.url, *others]

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """One that goes on, in a process of its own."""
        made = subprocess.Popen(
            [sys.executable, *self.command(*words)],
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.started.append(made)
        return made

    def spawn(self, *words: str, rows: int = 24, columns: int = 80) -> pexpect.spawn[str]:
        """One with a terminal of that size."""
        made = pexpect.spawn(
            sys.executable,
            self.command(*words),
            encoding="utf-8",
            timeout=TIMEOUT_S,
            dimensions=(rows, columns),
        )
        self.spawned.append(made)
        return made

    def clean(self) -> None:
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.communicate(timeout=TIMEOUT_S)
        for terminal in self.spawned:
            if terminal.isalive():
                terminal.kill(signal.SIGKILL)
            terminal.close(force=True)
        self("delete", "pods", "--all", "--force")
        store = Store(self.engine)
        for kind in (Kind.CONFIG_MAP, Kind.SECRET, Kind.EVENT, Kind.POD_STATUS):
            for record in store.list(kind, self.namespace):
                store.delete(kind, self.namespace, record.name)


@pytest.fixture
def embedded_pods(embedded_pods_engine: Engine, invoke: Invoke, tmp_path: Path) -> Iterator[Pods]:
    """As ``pods``, on the engine that we bring along only: for what no engine decides."""
    made = Pods(embedded_pods_engine, invoke, tmp_path, f"t-{uuid.uuid4().hex[:8]}")
    try:
        yield made
    finally:
        made.clean()


@pytest.fixture
def pods(pods_engine: Engine, invoke: Invoke, tmp_path: Path) -> Iterator[Pods]:
    made = Pods(pods_engine, invoke, tmp_path, f"t-{uuid.uuid4().hex[:8]}")
    try:
        yield made
    finally:
        made.clean()

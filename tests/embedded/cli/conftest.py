"""The docker command line, pointed at the embedded engine."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import pexpect
import pytest

from tests.conftest import skip_or_fail
from tests.embedded.engines import RunningEngine

Terminal: TypeAlias = "pexpect.spawn[str]"
#: No command takes that long; one that hangs is killed, for ``docker run`` ignores SIGTERM.
TIMEOUT_S = 60


@dataclass(frozen=True)
class Docker:
    """``docker`` with words behind it. Words that say where things are found in ``folder``."""

    environ: dict[str, str]
    folder: Path
    spawned: list[Terminal] = field(default_factory=list)

    def __call__(self, *words: str, stdin: bytes = b"", code: int = 0) -> str:
        """Its standard output. The exit code must be ``code``."""
        return self.capture(*words, stdin=stdin, code=code).stdout.decode()

    def complain(self, *words: str, stdin: bytes = b"", code: int = 1) -> str:
        """Its standard error, without the hint at --help. The exit code must be ``code``."""
        text = self.capture(*words, stdin=stdin, code=code).stderr.decode()
        return text.partition("\n\nRun 'docker ")[0].removeprefix("docker: ").strip()

    def capture(
        self, *words: str, stdin: bytes = b"", code: int = 0
    ) -> subprocess.CompletedProcess[bytes]:
        """Both streams, as bytes."""
        done = subprocess.run(
            ["docker", *words],
            env=self.environ,
            cwd=self.folder,
            input=stdin,
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        assert done.returncode == code, (words, done)
        return done

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """A command that goes on; the caller ends it."""
        return subprocess.Popen(
            ["docker", *words],
            env=self.environ,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def spawn(self, *words: str, rows: int = 24, columns: int = 80) -> Terminal:
        """A command with a terminal of that size."""
        made = pexpect.spawn(
            "docker",
            list(words),
            env=self.environ,
            cwd=str(self.folder),
            encoding="utf-8",
            timeout=TIMEOUT_S,
            dimensions=(rows, columns),
        )
        self.spawned.append(made)
        return made


def finish(terminal: Terminal) -> int:
    """The exit code of a command that ends by itself now."""
    terminal.expect(pexpect.EOF)
    terminal.wait()
    terminal.close()
    assert terminal.exitstatus is not None
    return int(terminal.exitstatus)


@pytest.fixture(scope="session")
def environ(embedded: RunningEngine, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the command is told: the engine, and no configuration of the user's."""
    if shutil.which("docker") is None:
        skip_or_fail("no docker command here")
    # Warnings of other commands' plugins, contexts and proxies all come from the user's folder.
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "TMPDIR") if key in os.environ}
    return {
        **kept,
        "DOCKER_HOST": embedded.url,
        "DOCKER_BUILDKIT": "0",
        "DOCKER_CONFIG": str(tmp_path_factory.mktemp("docker-config")),
        "TERM": "xterm",
    }


@pytest.fixture(scope="session")
def api(embedded: RunningEngine) -> Iterator[Any]:
    """The same engine without the command: to look at what is there takes it far less time."""
    with embedded.client() as client:
        yield client.api


@pytest.fixture
def docker(environ: dict[str, str], api: Any, tmp_path: Path) -> Iterator[Docker]:
    """The command; containers, networks and volumes that a test makes with it go with the test."""
    docker = Docker(environ, tmp_path)
    before = _list_all(api)
    try:
        yield docker
    finally:
        for terminal in docker.spawned:
            if terminal.isalive():
                terminal.kill(signal.SIGKILL)
            terminal.close(force=True)
        for remove, was, now in zip(_REMOVE, before, _list_all(api), strict=True):
            if new := sorted(now - was):
                docker(*remove, *new)


_REMOVE: Sequence[Sequence[str]] = (
    ("rm", "--force", "--volumes"),
    ("network", "rm"),
    ("volume", "rm", "--force"),
)


def _list_all(api: Any) -> list[set[str]]:
    """Ids of all containers and networks, and names of all volumes."""
    return [
        {one["Id"] for one in api.containers(all=True)},
        {one["Id"] for one in api.networks()},
        {one["Name"] for one in api.volumes()["Volumes"] or ()},
    ]

"""Proxies before the tests' engine."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Callable, Iterator

import pytest

from mutation.mutant import Mutation
from mutation.proxy import Proxy, lying_engine
from pausedemo.engine.docker import DockerEngine
from pausedemo.engine.endpoints import Endpoint
from tests.conftest import skip_or_fail

COMMAND_TIMEOUT_S = 60


@pytest.fixture(scope="session")
def engine_socket(engine_endpoint: Endpoint) -> str:
    """The path of the engine's socket: a proxy stands before no other kind of engine."""
    if not engine_endpoint.url.startswith("unix://"):
        skip_or_fail(f"the engine at {engine_endpoint.url} has no unix socket")
    return engine_endpoint.url.removeprefix("unix://")


@pytest.fixture
def proxy(engine_socket: str) -> Iterator[Proxy]:
    """An engine that does not lie."""
    with lying_engine(engine_socket) as truthful:
        yield truthful
    truthful.check()


@pytest.fixture
def docker(engine: DockerEngine) -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """The docker command, on the engine at a URL."""
    del engine
    program = shutil.which("docker")
    if program is None:
        skip_or_fail("no docker command (Debian: docker-cli)")

    def run(url: str, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [str(program), "--host", url, *arguments],
            input=stdin,
            capture_output=True,
            timeout=COMMAND_TIMEOUT_S,
            check=False,
        )

    return run


@contextlib.contextmanager
def lying(engine_socket: str, mutation: Mutation) -> Iterator[Proxy]:
    """A lying engine, whose lies must be tellable."""
    with lying_engine(engine_socket, mutation) as proxy:
        yield proxy
    proxy.check()

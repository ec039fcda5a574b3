"""The docker SDK on the embedded engine, and a dockerd beside it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import docker
import pytest
from docker.models.containers import Container

from pausedemo.engine.docker import DockerEngine
from tests.conftest import skip_or_fail
from tests.embedded.api.wire import Answer, ask
from tests.embedded.engines import RunningEngine

NO_SUCH_LOG_DRIVER = {"LogConfig": {"Type": "wrong"}}
#: dockerd looks for such a driver among plugins, again and again, for a quarter of a minute.
SLOW_TIMEOUT_S = 120
#: Marks a test that holds on both.
EACH_ENGINE = pytest.mark.parametrize("sdk", ["dockerd", "embedded"], indirect=True)


@pytest.fixture(scope="session")
def client(embedded: RunningEngine) -> Iterator[docker.DockerClient]:
    made = docker.DockerClient(embedded.url, timeout=60)
    yield made
    made.close()


@pytest.fixture
def run(client: docker.DockerClient, busybox: str) -> Iterator[Callable[..., Any]]:
    """Start a container of busybox, detached; the test's end removes it."""
    made: list[Container] = []

    def start(command: str | list[str] = "sleep 1000", **options: Any) -> Container:
        options.setdefault("image", busybox)
        options.setdefault("init", None)
        made.append(client.containers.create(command=command, **options))
        made[-1].start()
        return made[-1]

    yield start
    for container in reversed(made):
        try:
            container.remove(force=True, v=True)
        except docker.errors.NotFound:
            continue


@pytest.fixture(scope="session")
def dockerd(engine: DockerEngine) -> Path:
    """The socket of a dockerd."""
    if engine.describe().name != "docker" or not engine.url.startswith("unix://"):
        skip_or_fail(f"no dockerd on a unix socket, but {engine.url}")
    return Path(engine.url.removeprefix("unix://"))


@pytest.fixture
def sdk(request: pytest.FixtureRequest) -> Iterator[docker.DockerClient]:
    """The docker SDK on one of the two; both have busybox under the name of ``busybox_image``."""
    ours, wanted = request.getfixturevalue("busybox"), request.getfixturevalue("busybox_image")
    if request.param == "embedded":
        url = request.getfixturevalue("embedded").url
    else:
        url = f"unix://{request.getfixturevalue('dockerd')}"
    with contextlib.closing(docker.DockerClient(url, timeout=60)) as made:
        if request.param == "embedded" and ours != wanted:  # dockerd has one of somebody else's
            made.images.get(ours).tag(wanted)
        yield made


@pytest.fixture(scope="session")
def slow_refusal(dockerd: Path, busybox_image: str) -> Iterator[Future[Answer]]:
    """What dockerd says to a container with a log driver that there is not."""
    create = dockerd, "POST", "/v1.41/containers/create?name=pausedemo-slow"
    body = {"Image": busybox_image, "HostConfig": NO_SUCH_LOG_DRIVER}
    with ThreadPoolExecutor(1) as thread:
        yield thread.submit(ask, *create, body, timeout_s=SLOW_TIMEOUT_S)


@pytest.fixture(scope="session", autouse=True)
def _asked_ahead(request: pytest.FixtureRequest) -> None:
    """Other tests run while dockerd thinks about it."""
    if any("slow_refusal" in getattr(one, "fixturenames", ()) for one in request.session.items):
        # Without a dockerd the tests say so that need it.
        with contextlib.suppress(pytest.skip.Exception, pytest.fail.Exception):
            request.getfixturevalue("slow_refusal")

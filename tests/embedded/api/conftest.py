"""The docker SDK on the embedded engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import docker
import pytest
from docker.models.containers import Container

from tests.embedded.engines import RunningEngine


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

"""One suite for every engine: what the port promises, asked of each in turn."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from pausedemo.engine.docker import DockerEngine
from pausedemo.engine.port import ContainerConfig, Engine
from pausedemo.images.cache import ImageCache
from tests.conftest import make_resolve

#: The engines that keep the contract, and the fixture that gives each.
ENGINES = {"docker": "docker_engine"}
LABEL = "pausedemo.test/contract"


@pytest.fixture(scope="session")
def docker_engine(engine: DockerEngine) -> DockerEngine:
    return engine


@pytest.fixture(scope="session", params=ENGINES)
def contract_engine(request: pytest.FixtureRequest, engine_endpoint: object) -> Engine:
    """Each engine in turn. (Naming the endpoint marks the tests as engine tests.)"""
    del engine_endpoint
    engine: Engine = request.getfixturevalue(ENGINES[request.param])
    return engine


@pytest.fixture(scope="session")
def image(contract_engine: Engine, cache: ImageCache) -> str:
    """busybox on the engine that is asked."""
    return make_resolve(contract_engine, cache)("busybox").used


class Maker:
    """Makes containers of busybox that are removed at the end, newest first."""

    def __init__(self, engine: Engine, image: str, made: contextlib.ExitStack) -> None:
        self.engine = engine
        self.id = uuid.uuid4().hex[:12]
        self._image = image
        self._made = made

    @property
    def labels(self) -> dict[str, str]:
        """What tells this test's containers from all others."""
        return {LABEL: self.id}

    def config(self, *command: str, **more: object) -> ContainerConfig:
        config = ContainerConfig(
            name=f"contract-{self.id}-{uuid.uuid4().hex[:8]}",
            image=self._image,
            command=command or ("sleep", "1000"),
            labels=self.labels,
            network_mode="none",
        )
        return replace(config, **more)  # type: ignore[arg-type]

    def create(self, *command: str, **more: object) -> str:
        container = self.engine.create_container(self.config(*command, **more))
        self._made.callback(self.engine.remove_container, container)
        return container

    def run(self, *command: str, **more: object) -> str:
        container = self.create(*command, **more)
        self.engine.start_container(container)
        return container


@pytest.fixture
def make(contract_engine: Engine, image: str) -> Iterator[Maker]:
    with contextlib.ExitStack() as made:
        yield Maker(contract_engine, image, made)


@pytest.fixture(scope="module")
def shell(contract_engine: Engine, image: str) -> Iterator[Callable[..., tuple[int, bytes, bytes]]]:
    """Runs a script in one busybox container for a whole file: exit code, stdout, stderr."""
    with contextlib.ExitStack() as made:
        container = Maker(contract_engine, image, made).run()

        def run(script: str, user: str | None = None) -> tuple[int, bytes, bytes]:
            argv = ("sh", "-c", script)
            done = contract_engine.exec(container, argv, timeout_s=60, user=user)
            return done.exit_code, done.stdout, done.stderr

        yield run

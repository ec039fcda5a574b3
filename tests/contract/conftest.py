"""One suite for every engine: what the port promises, asked of each in turn."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import pytest

from mutation.proxy import lying_engine
from pausedemo.engine.connect import connect
from pausedemo.engine.endpoints import Endpoint
from pausedemo.engine.port import ContainerConfig, Engine
from pausedemo.images.cache import ImageCache
from tests.conftest import make_resolve, skip_or_fail

#: Names other engines that shall keep the contract: ``LABEL=URL LABEL=URL``.
OTHERS = "PAUSEDEMO_CONTRACT_ENGINES"
#: Without any: the one that docker would take, the same behind a proxy, and our own.
FIXTURES = {"docker": "engine", "proxy": "proxied_engine", "embedded": "embedded_engine"}
LABEL = "pausedemo.test/contract"


def read_engines(text: str) -> dict[str, str]:
    """The engines to ask, as label and URL."""
    return dict(entry.split("=", 1) for entry in text.split())


ENGINES = read_engines(os.environ.get(OTHERS, ""))


@pytest.fixture(scope="session")
def proxied_engine(engine_endpoint: Endpoint) -> Iterator[Engine]:
    """The same engine behind a proxy that could lie and does not: nobody may notice."""
    if not engine_endpoint.url.startswith("unix://"):
        skip_or_fail(f"the proxy needs a unix socket, not {engine_endpoint.url}")
    with lying_engine(engine_endpoint.url.removeprefix("unix://")) as proxy:
        with contextlib.closing(connect(proxy.url)) as connected:
            yield connected
        proxy.check()


@pytest.fixture(scope="session")
def embedded_engine() -> Iterator[Engine]:
    """The engine that we bring along, in a process of its own."""
    with contextlib.closing(connect("embedded")) as connected:
        yield connected


@pytest.fixture(scope="session", params=ENGINES or FIXTURES)
def contract_engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Each engine in turn."""
    if ENGINES:
        with contextlib.closing(connect(ENGINES[request.param])) as engine:
            yield engine
    else:
        yield request.getfixturevalue(FIXTURES[request.param])


@pytest.fixture(scope="session")
def engine_name(contract_engine: Engine) -> str:
    """What the engine says that it is, as ``podman 4.3.1``."""
    about = contract_engine.describe()
    return f"{about.name} {about.version}"


@pytest.fixture(autouse=True)
def expect_difference(request: pytest.FixtureRequest) -> None:
    """A test that bears ``differs`` for this engine must fail on it, for the reason given.

    It names engines by how their name begins: ``differs(("podman", "why"), ("podman 4", "why"))``;
    ``strict=False`` is for what differs only when the engine is quick.
    """
    for marker in request.node.iter_markers("differs"):
        for start, why in marker.args:
            if request.getfixturevalue("engine_name").startswith(start):
                strict = marker.kwargs.get("strict", True)
                request.applymarker(pytest.mark.xfail(reason=why, strict=strict))


@pytest.fixture(scope="session")
def image(contract_engine: Engine, cache: ImageCache) -> str:
    """busybox on the engine that is asked."""
    return make_resolve(contract_engine, cache)("busybox").used


def write_name(engine: Engine, reference: str) -> str:
    """How an engine writes the name of an image that was loaded or made there.

    A name whose first part is no host gets one from podman, ``localhost``
    (containers/podman, docs/source/markdown/podman-build.1.md.in); Docker leaves it as it is.
    """
    host, _, rest = reference.partition("/")
    is_qualified = bool(rest) and (host == "localhost" or "." in host or ":" in host)
    podman = engine.describe().name == "podman"
    return f"localhost/{reference}" if podman and not is_qualified else reference


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

    def written(self, reference: str) -> str:
        """How the engine writes an image's name: podman gives one without a registry its own."""
        return write_name(self.engine, reference)

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

    def volume(self, options: Mapping[str, str] | None = None) -> str:
        """A volume that is removed after the containers made since."""
        name = f"contract-{self.id}-{uuid.uuid4().hex[:8]}"
        self.engine.create_volume(name, {}, options)
        self._made.callback(self.engine.remove_volume, name)
        return name

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

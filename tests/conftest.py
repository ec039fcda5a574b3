"""The engine that the tests use, and the images on it.

A test that uses ``engine``, or anything made from it, bears the marker ``engine``, so that
``pytest -m "not engine"`` needs none.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator

import pytest
from hypothesis import settings

from pausedemo.engine.connect import connect, find_endpoint
from pausedemo.engine.daemon import Place, start_daemon, stop_daemon
from pausedemo.engine.docker import DockerEngine
from pausedemo.engine.endpoints import Endpoint
from pausedemo.engine.port import Engine
from pausedemo.engine.private import prepare_machine, render_environment
from pausedemo.errors import EngineUnavailable, ImageUnavailable, PausedemoError, UsageError
from pausedemo.images.cache import ImageCache
from pausedemo.images.resolve import ImageResolver, Policy, ResolvedImage

# On a loaded machine an example may take any time, and is none the worse for it.
settings.register_profile("unhurried", parent=settings(), deadline=None)
settings.load_profile("unhurried")

#: A machine that must have an engine says so with one of these; there its lack is a failure.
REQUIRING = ("CI", "PAUSEDEMO_REQUIRE_ENGINE")

#: Whoever uses one of them uses an engine.
ENGINE_FIXTURES = frozenset(
    {"contract_engine", "engine_endpoint", "field_ground", "own_place", "shared_arena"}
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if ENGINE_FIXTURES.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.engine)


def skip_or_fail(reason: str) -> None:
    """Skip the test; fail it where the environment says that the machine must have it all."""
    if any(os.environ.get(name, "") not in ("", "0", "false") for name in REQUIRING):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def engine_endpoint() -> Endpoint:
    """Where the engine is, found as the docker command finds it."""
    try:
        return find_endpoint()
    except (EngineUnavailable, UsageError) as error:
        skip_or_fail(str(error))
        raise


@pytest.fixture(scope="session")
def engine(engine_endpoint: Endpoint) -> Iterator[DockerEngine]:
    """The engine that ``pausedemo.engine.connect`` finds."""
    del engine_endpoint  # it answers
    connected = connect()
    assert isinstance(connected, DockerEngine)
    with contextlib.closing(connected):
        yield connected


@pytest.fixture(scope="session")
def engine_environ(engine_endpoint: Endpoint) -> dict[str, str]:
    """The environment in which a command reaches the same engine."""
    return render_environment(engine_endpoint, os.environ)


@pytest.fixture
def own_place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A Docker Engine of the test's own, started: one that the test may kill."""
    try:
        prepare_machine()
    except PausedemoError as error:
        skip_or_fail(f"no engine of our own here: {error}")
    place = Place.at(tmp_path_factory.mktemp("engine"))
    with contextlib.ExitStack() as stack:
        stack.callback(stop_daemon, place)
        start_daemon(place)
        yield place


@pytest.fixture(scope="session")
def cache() -> ImageCache:
    """The user's own cache: Ghost takes two minutes to build, and what we test is what is used."""
    return ImageCache()


@pytest.fixture(scope="session")
def resolve(engine: DockerEngine, cache: ImageCache) -> Callable[[str], ResolvedImage]:
    """Resolve a name to what its recipe builds, whatever a registry would have."""
    return make_resolve(engine, cache)


def make_resolve(engine: Engine, cache: ImageCache) -> Callable[[str], ResolvedImage]:
    """A resolver for tests: what a recipe needs is installed where PAUSEDEMO_INSTALL allows it."""
    resolver = ImageResolver(engine, Policy.LOCAL, cache=cache)

    def resolve(wanted: str) -> ResolvedImage:
        try:
            return resolver.resolve(wanted)
        except ImageUnavailable as error:
            skip_or_fail(str(error))
            raise

    return resolve


@pytest.fixture(scope="session")
def pause_image(resolve: Callable[[str], ResolvedImage]) -> str:
    return resolve("pause").used


@pytest.fixture(scope="session")
def busybox_image(resolve: Callable[[str], ResolvedImage]) -> str:
    return resolve("busybox").used


@pytest.fixture(scope="session")
def nginx_image(resolve: Callable[[str], ResolvedImage]) -> str:
    return resolve("nginx").used


@pytest.fixture(scope="session")
def ghost_image(resolve: Callable[[str], ResolvedImage]) -> str:
    return resolve("ghost").used

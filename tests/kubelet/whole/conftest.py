"""Engines of the tests' own, each with no pods but theirs: a kubelet looks after all there are."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from pausedemo.core import naming
from pausedemo.engine.connect import connect
from pausedemo.engine.daemon import Place, start_daemon, stop_daemon
from pausedemo.engine.port import Engine
from pausedemo.engine.private import prepare_machine
from pausedemo.errors import PausedemoError
from pausedemo.images.cache import ImageCache
from tests.conftest import make_resolve, skip_or_fail
from tests.kubelet.whole.kit import World

ENGINES = ("docker", "embedded")


@pytest.fixture(scope="session")
def pods_docker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Docker Engine that nobody else uses."""
    try:
        prepare_machine()
    except PausedemoError as error:
        skip_or_fail(f"no engine of our own here: {error}")
    place = Place.at(tmp_path_factory.mktemp("pods"))
    with contextlib.ExitStack() as stack:
        stack.callback(stop_daemon, place)
        start_daemon(place)
        yield f"unix://{place.socket}"


@pytest.fixture(scope="session")
def pods_embedded() -> Iterator[str]:
    with contextlib.closing(connect("embedded")) as connected:
        yield connected.url


@pytest.fixture(scope="session", params=ENGINES)
def pods_engine(request: pytest.FixtureRequest, cache: ImageCache) -> Iterator[Engine]:
    """Each engine in turn, with the images of the tests."""
    url = request.getfixturevalue(f"pods_{request.param}")
    with contextlib.closing(connect(url)) as engine:
        resolve = make_resolve(engine, cache)
        for name in ("pause", "busybox"):
            resolve(name)
        yield engine


@pytest.fixture
def world(pods_engine: Engine) -> Iterator[World]:
    """An engine without pods, and without any at the end of the test."""
    world = World(pods_engine)
    try:
        yield world
    finally:
        world.close()
        for row in pods_engine.list_containers({}):
            pods_engine.remove_container(row.id)
        for volume in pods_engine.list_volumes({naming.OWNER: None}):
            pods_engine.remove_volume(volume.name)

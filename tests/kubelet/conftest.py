"""Pods on the engine, each gone at the end of its test."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from pausedemo.engine.connect import connect
from pausedemo.engine.docker import DockerEngine
from pausedemo.engine.port import Engine
from pausedemo.images.cache import ImageCache
from pausedemo.kubelet.pod.controller import EngineLimits, PodImages
from pausedemo.kubelet.reach.dialing import Dialer
from pausedemo.kubelet.reach.nodecontainer import NodeContainer
from tests.conftest import make_resolve
from tests.kubelet.kit import Kits
from tests.kubelet.places import LABEL, PLACES, Place, Reach
from tests.kubelet.servers import Host


@pytest.fixture(scope="session")
def limits() -> EngineLimits:
    """What the engine cannot do is found out once, as in a run."""
    return EngineLimits()


@pytest.fixture
def kits(
    engine: DockerEngine, pause_image: str, busybox_image: str, limits: EngineLimits
) -> Iterator[Kits]:
    images = PodImages(pause_image, {"busybox": busybox_image})
    with contextlib.ExitStack() as made:
        yield Kits(engine, images, made, limits)


@pytest.fixture(scope="session")
def own_engine() -> Iterator[Engine]:
    """The engine that we bring along, in a process of its own."""
    with contextlib.closing(connect("embedded")) as connected:
        yield connected


@pytest.fixture(scope="session", params=PLACES)
def reach(request: pytest.FixtureRequest, cache: ImageCache) -> Iterator[Reach]:
    """One dialer for each way, as a kubelet has one."""
    name, direct = PLACES[request.param]
    engine = request.getfixturevalue(name)
    image = make_resolve(engine, cache)("busybox").used
    with contextlib.closing(NodeContainer(engine, lambda: image, {LABEL: ""})) as node:
        yield Reach(engine, image, Dialer(node, direct))


@pytest.fixture
def place(reach: Reach) -> Iterator[Place]:
    with contextlib.ExitStack() as made:
        yield Place(reach.engine, reach.image, reach.dialer, made)


@pytest.fixture
def host() -> Iterator[Host]:
    """Servers of this machine."""
    with contextlib.ExitStack() as made:
        yield Host(made)

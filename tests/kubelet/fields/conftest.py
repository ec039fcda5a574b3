"""Each field on a Docker Engine and on the engine that we bring along."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from pausedemo.engine.connect import connect
from pausedemo.engine.port import ContainerConfig, Engine
from pausedemo.errors import EngineError
from pausedemo.images.cache import ImageCache
from tests.conftest import make_resolve
from tests.kubelet.fields.bench import Bench

FIXTURES = {"docker": "engine", "embedded": "own_engine"}


@dataclass(frozen=True, slots=True)
class Ground:
    """An engine, what is on it, and what its machine lets it do."""

    name: str
    engine: Engine
    pause: str
    busybox: str
    lowers_oom_score: bool
    gives_all: bool


@pytest.fixture(scope="session")
def own_engine() -> Iterator[Engine]:
    """The engine that we bring along, in a process of its own."""
    with contextlib.closing(connect("embedded")) as connected:
        yield connected


@pytest.fixture(scope="session", params=FIXTURES)
def field_ground(request: pytest.FixtureRequest, cache: ImageCache) -> Ground:
    """Each engine in turn."""
    engine: Engine = request.getfixturevalue(FIXTURES[request.param])
    resolve = make_resolve(engine, cache)
    pause, busybox = resolve("pause").used, resolve("busybox").used
    return Ground(
        name=request.param,
        engine=engine,
        pause=pause,
        busybox=busybox,
        lowers_oom_score=_can_start(engine, busybox, oom_score_adj=-998),
        gives_all=_can_start(engine, busybox, privileged=True),
    )


@pytest.fixture
def bench(field_ground: Ground) -> Iterator[Bench]:
    ground = field_ground
    with contextlib.ExitStack() as made:
        yield Bench(ground.engine, ground.pause, ground.busybox, made, ground.lowers_oom_score)


def _can_start(
    engine: Engine, image: str, *, oom_score_adj: int | None = None, privileged: bool = False
) -> bool:
    """Whether the engine's machine may give what is asked for."""
    config = ContainerConfig(
        name=f"fields-{uuid.uuid4().hex}",
        image=image,
        command=("true",),
        network_mode="none",
        oom_score_adj=oom_score_adj,
        privileged=privileged,
    )
    container = engine.create_container(config)
    try:
        engine.start_container(container)
    except EngineError:
        return False
    finally:
        engine.remove_container(container)
    return True

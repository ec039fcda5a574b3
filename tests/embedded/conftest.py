"""The embedded engine that tests share, and the images on it."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator

import pytest

from pausedemo.engine.connect import connect
from pausedemo.engine.port import Engine
from pausedemo.images.cache import ImageCache
from tests.conftest import make_resolve, skip_or_fail
from tests.embedded.engines import Owner, RunningEngine, running_engine
from tests.embedded.ordinary import ordinary_user


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    """An engine as root; it must end with 0 and without a complaint."""
    if os.geteuid() != 0:
        skip_or_fail("needs root")
    with running_engine(tmp_path_factory.mktemp("embedded")) as engine:
        yield engine


@pytest.fixture(scope="session")
def embedded_port(embedded: RunningEngine) -> Iterator[Engine]:
    """The same engine as pausedemo itself uses it."""
    with contextlib.closing(connect(embedded.url)) as engine:
        yield engine


@pytest.fixture(scope="session")
def load_image(cache: ImageCache) -> Callable[[RunningEngine, str], str]:
    """Load one of our images into an engine: its reference there."""

    def load(engine: RunningEngine, name: str) -> str:
        with contextlib.closing(connect(engine.url)) as connected:
            return make_resolve(connected, cache)(name).used

    return load


@pytest.fixture(scope="session")
def busybox(embedded: RunningEngine, load_image: Callable[[RunningEngine, str], str]) -> str:
    return load_image(embedded, "busybox")


@pytest.fixture(scope="session")
def pause(embedded: RunningEngine, load_image: Callable[[RunningEngine, str], str]) -> str:
    return load_image(embedded, "pause")


@pytest.fixture(scope="session")
def range_owner() -> Iterator[Owner]:
    """An ordinary user with ids of his own in /etc/subuid."""
    if shutil.which("newuidmap") is None:
        skip_or_fail("no newuidmap: install uidmap")
    with ordinary_user(with_range=True) as owner:
        yield owner


@pytest.fixture(scope="session")
def single_owner() -> Iterator[Owner]:
    """An ordinary user with nothing but his own id."""
    with ordinary_user(with_range=False) as owner:
        yield owner


@pytest.fixture(scope="session")
def range_engine(range_owner: Owner) -> Iterator[RunningEngine]:
    with _owned(range_owner) as engine:
        yield engine


@pytest.fixture(scope="session")
def single_engine(single_owner: Owner) -> Iterator[RunningEngine]:
    with _owned(single_owner) as engine:
        yield engine


@pytest.fixture(scope="session", params=["embedded", "range_engine", "single_engine"])
def any_engine(request: pytest.FixtureRequest) -> RunningEngine:
    """One engine as root, one of a user with a range of ids, one of a user with a single id."""
    engine: RunningEngine = request.getfixturevalue(request.param)
    return engine


@contextlib.contextmanager
def _owned(owner: Owner) -> Iterator[RunningEngine]:
    folder = owner.home / "engine"
    folder.mkdir()
    os.chown(folder, owner.uid, owner.gid)
    with running_engine(folder, owner=owner) as engine:
        yield engine

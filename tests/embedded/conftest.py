"""The embedded engine that tests share, and the images on it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator

import pytest

from pausedemo.engine.connect import connect
from pausedemo.engine.port import Engine
from pausedemo.images.cache import ImageCache
from tests.conftest import make_resolve, skip_or_fail
from tests.embedded.engines import RunningEngine, running_engine


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

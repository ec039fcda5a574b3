"""Each engine in turn, with what a pod of the tests needs on it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from pausedemo.engine.connect import connect
from pausedemo.engine.port import Engine


@pytest.fixture(scope="session")
def embedded_pods_engine() -> Iterator[Engine]:
    with contextlib.closing(connect("embedded")) as connected:
        yield connected


@pytest.fixture(scope="session", params=["engine", "embedded_pods_engine"])
def pods_engine(request: pytest.FixtureRequest) -> Engine:
    """Docker, and the engine that we bring along."""
    engine: Engine = request.getfixturevalue(request.param)
    return engine

"""Pods for tests: the fixture ``pausedemo_pod``."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pausedemo.pytest_plugin.options import read_settings

if TYPE_CHECKING:
    from pausedemo.api import RunningPod
    from pausedemo.engine.port import Engine


@pytest.fixture(scope="session")
def pausedemo_engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """The engine of ``--pausedemo-engine``, for all tests of this process."""
    from pausedemo.engine.connect import connect
    from pausedemo.errors import EngineUnavailable

    settings = read_settings(request.config)
    try:
        connected = connect(settings.engine, runtime=settings.runtime or None)
    except EngineUnavailable as error:
        if settings.no_engine == "skip":
            pytest.skip(str(error))
        raise
    with contextlib.closing(connected):
        yield connected


@pytest.fixture
def pausedemo_pod(
    request: pytest.FixtureRequest, pausedemo_engine: Engine
) -> Iterator[Callable[..., RunningPod]]:
    """Make pods that are gone after the test.

    To be called with a manifest, as ``pod.yaml`` beside the test's file, and what else
    ``pausedemo.pod`` takes by name; gives the pod, ready.
    """
    import pausedemo

    settings = read_settings(request.config)
    with contextlib.ExitStack() as stack:

        def make(manifest: str | Path, **options: object) -> RunningPod:
            if "\n" not in str(manifest):
                manifest = request.path.parent / manifest
            arguments: dict[str, object] = {"images": settings.images, **options}
            made = pausedemo.pod(manifest, engine=pausedemo_engine, **arguments)  # type: ignore[arg-type]
            return stack.enter_context(made)

        yield make

"""Engines whose life is looked at: each test has its own."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import skip_or_fail
from tests.embedded.engines import RunningEngine, spawn_engine, wait_ready

Start = Callable[..., RunningEngine]


@pytest.fixture(scope="session")
def loaded_state(
    tmp_path_factory: pytest.TempPathFactory,
    load_image: Callable[[RunningEngine, str], str],
) -> tuple[Path, str, str]:
    """A state folder that holds pause and busybox, to be copied; and their references."""
    if os.geteuid() != 0:
        skip_or_fail("needs root")
    folder = tmp_path_factory.mktemp("loaded")
    engine = spawn_engine(folder)
    try:
        wait_ready(engine)
        names = load_image(engine, "pause"), load_image(engine, "busybox")
        assert engine.stop() == 0
    finally:
        engine.stop(signal.SIGKILL)
    return engine.state, *names


@pytest.fixture
def images(loaded_state: tuple[Path, str, str]) -> tuple[str, str]:
    return loaded_state[1:]


@pytest.fixture
def start(tmp_path: Path, loaded_state: tuple[Path, str, str]) -> Iterator[Start]:
    """Start an engine that has pause and busybox: ``start(name)``; the same name is the same place.

    What still runs at the end is killed.
    """
    started: list[RunningEngine] = []

    def start(name: str = "engine", *, ready: bool = True, **options: Any) -> RunningEngine:
        folder = tmp_path / name
        if not folder.exists():
            folder.mkdir()
            if "state" not in options:
                shutil.copytree(loaded_state[0], folder / "state", symlinks=True)
        engine = spawn_engine(folder, **options)
        started.append(engine)
        if ready:
            wait_ready(engine)
        return engine

    yield start
    for engine in started:
        engine.stop(signal.SIGKILL)

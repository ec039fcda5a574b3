"""One embedded engine for all tests that need a whole one, and the images on it."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pausedemo.engine.connect import connect
from pausedemo.engine.port import Engine
from pausedemo.images.cache import ImageCache
from tests.conftest import make_resolve

START_TIMEOUT_S = 30
END_TIMEOUT_S = 60


@dataclass(frozen=True)
class Embedded:
    """An engine that runs. ``socket`` is where it answers, ``state`` where it keeps its files."""

    socket: Path
    state: Path
    pid: int

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    """An engine of the test session's own; it must end well and have said nothing."""
    folder = tmp_path_factory.mktemp("embedded")
    with running_engine(folder) as engine:
        yield engine


@contextlib.contextmanager
def running_engine(folder: Path) -> Iterator[Embedded]:
    """Start an engine in an empty folder; at the end it stops, without a word on its stderr."""
    socket, state, errors = folder / "engine.sock", folder / "state", folder / "stderr"
    with errors.open("wb") as stderr:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "pausedemo.embedded"),
                *("--socket", str(socket), "--state", str(state)),
            ],
            stdin=subprocess.DEVNULL,
            # Not ours: an engine left by tests that were killed would hold a pipe open for ever.
            stdout=stderr,
            stderr=stderr,
            # Away from the terminal: an interrupt is for the tests, which then stop it in order.
            start_new_session=True,
        )
    try:
        _wait_until_it_answers(process, socket, errors)
        yield Embedded(socket, state, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
    assert (code, errors.read_text()) == (0, "")


@pytest.fixture(scope="session")
def embedded_port(embedded: Embedded) -> Iterator[Engine]:
    """The same engine as pausedemo itself uses it."""
    with contextlib.closing(connect(embedded.url)) as engine:
        yield engine


@pytest.fixture(scope="session")
def busybox(embedded_port: Engine, cache: ImageCache) -> str:
    """The reference of the busybox image on the embedded engine."""
    return make_resolve(embedded_port, cache)("busybox").used


@pytest.fixture(scope="session")
def pause(embedded_port: Engine, cache: ImageCache) -> str:
    """The reference of the pause image on the embedded engine."""
    return make_resolve(embedded_port, cache)("pause").used


def _wait_until_it_answers(process: subprocess.Popen[bytes], socket: Path, errors: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        if process.poll() is not None:
            pytest.fail(f"the engine ended with {process.returncode}: {errors.read_text()}")
        try:
            connect(f"unix://{socket}").close()
        except Exception:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return

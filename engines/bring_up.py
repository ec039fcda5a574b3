"""Bring up one engine of the table for the time of a block."""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from engines.house import House, live_in
from engines.roots import use_root
from engines.table import RealEngine
from pausedemo.engine.connect import connect
from pausedemo.engine.daemon import Place
from pausedemo.engine.private import prepare_machine, use_private_engine
from pausedemo.errors import EngineUnavailable, PausedemoError
from pausedemo.host import cache_dir, find_program

RUN_DIR: Final = Path("/run/pausedemo-engines")
#: How many of one engine may be up at once, each with images of its own.
HOUSES: Final = 8
VERSION_TIMEOUT_S: Final = 30


@contextlib.contextmanager
def bring_up(engine: RealEngine) -> Iterator[str]:
    """The URL of ``engine``, up within the block. Enter it in the main thread (see ``live_in``).

    Raises EngineUnavailable when this machine cannot bring it up, and says why.
    """
    try:
        with contextlib.ExitStack() as stack:
            url = stack.enter_context(_start(engine))
            _check_version(engine, url)
            up = stack.pop_all()
    except (PausedemoError, OSError) as error:
        remedy = f"bring up another one, or see why with: python -m engines up {engine.name}"
        raise EngineUnavailable([(f"{engine.name}, {engine.title}", str(error))], remedy) from error
    with up:
        yield url


def _start(engine: RealEngine) -> contextlib.AbstractContextManager[str]:
    if _machine_has(engine):
        return _use_machine()
    return _use_house(engine)


@contextlib.contextmanager
def _use_machine() -> Iterator[str]:
    """The machine's own Docker Engine, at the place that ``pausedemo engine run`` uses."""
    prepare_machine()
    place = Place.at(cache_dir() / "engine")
    with use_private_engine(place):
        yield place.endpoint.url


@contextlib.contextmanager
def _use_house(engine: RealEngine) -> Iterator[str]:
    if os.geteuid() != 0:
        raise PausedemoError("only root can give it namespaces of its own")
    data = cache_dir() / "engines" / "data"
    with (
        use_root(engine.suite, engine.packages) as root,
        _free_number(data, engine.name) as number,
    ):
        name = f"{engine.name}-{number}"
        house = House(name, root, data / name, RUN_DIR / name)
        with live_in(house, engine.command, engine.files) as endpoint:
            yield endpoint.url


@contextlib.contextmanager
def _free_number(folder: Path, name: str) -> Iterator[int]:
    """The lowest number from 0 that no other process has for ``name``, held within the block.

    The kernel drops the lock of a process that was killed. flock(2).
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(HOUSES):
        descriptor = os.open(folder / f"{name}-{number}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield number
            return
        finally:
            os.close(descriptor)
    raise PausedemoError(f"{HOUSES} of it are up already")


def _machine_has(engine: RealEngine) -> bool:
    program = find_program(engine.machine_program) if engine.machine_program else None
    if program is None:
        return False
    done = subprocess.run(
        [str(program), "--version"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=VERSION_TIMEOUT_S,
        check=False,
    )
    return f" {engine.version}" in done.stdout


def _check_version(engine: RealEngine, url: str) -> None:
    """A table must not say of one version what another did."""
    with contextlib.closing(connect(url)) as connected:
        version = connected.describe().version
    if not version.startswith(engine.version):
        raise PausedemoError(f"it is {version} and not {engine.version}x; name it in the table")

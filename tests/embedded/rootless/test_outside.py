"""The way out of an ordinary user's engine, through each program that can be one."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from pausedemo.host import HostLacks, Tool, require
from tests.conftest import skip_or_fail
from tests.embedded.engines import (
    Owner,
    RunningEngine,
    children_of,
    running_engine,
    spawn_engine,
    wait_ready,
)
from tests.waiting import wait_until

TIMEOUT_S: Final = 60
#: For documentation (RFC 5737), so that nobody has them: the host's end, and the other's.
HOST, ELSEWHERE, PORT = "198.51.100.1", "198.51.100.2", 8080
#: With these an engine maps its user's range of ids.
MAPPERS: Final = ("newuidmap", "newgidmap")
#: Each with what it needs beside itself.
HELPERS: Final = {
    "slirp4netns": (Tool("slirp4netns", "slirp4netns"),),
    "pasta": (Tool("pasta", "passt"), Tool("setpriv", "util-linux")),
}


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A machine beside the host, as a network namespace, with a page."""
    require(Tool("ip", "iproute2"))
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "page").write_text("from elsewhere\n")
    name = f"pdout{os.getpid()}"
    server = None
    _ip("netns", "add", name)
    try:
        _ip("link", "add", f"{name}h", "type", "veth", "peer", "name", "eth0", "netns", name)
        _ip("address", "add", f"{HOST}/30", "dev", f"{name}h")
        _ip("link", "set", f"{name}h", "up")
        _ip("-n", name, "address", "add", f"{ELSEWHERE}/30", "dev", "eth0")
        _ip("-n", name, "link", "set", "eth0", "up")
        serve = [sys.executable, "-m", "http.server", "--bind", ELSEWHERE, str(PORT)]
        server = subprocess.Popen(
            ["ip", "netns", "exec", name, *serve],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        yield
    finally:
        if server is not None:
            server.kill()
            server.wait(TIMEOUT_S)
        # The veth pair goes with it.
        _ip("netns", "delete", name)


@pytest.fixture(params=HELPERS)
def helper(request: pytest.FixtureRequest) -> str:
    """A program that is installed, or can be."""
    name: str = request.param
    try:
        require(*HELPERS[name])
    except HostLacks as error:
        skip_or_fail(str(error))
    return name


@pytest.fixture
def owner(range_owner: Owner, helper: str) -> Owner:
    """An ordinary user who finds no other program that could be the way out."""
    programs = range_owner.home / f"only-{helper}"
    if programs.exists():
        shutil.rmtree(programs)
    programs.mkdir()
    for command in (*MAPPERS, *(tool.command for tool in HELPERS[helper])):
        (programs / command).symlink_to(str(shutil.which(command)))
    return replace(range_owner, environ={**range_owner.environ, "PATH": str(programs)})


@contextlib.contextmanager
def engine_of(owner: Owner, helper: str) -> Iterator[RunningEngine]:
    folder = owner.home / f"engine-{helper}"
    folder.mkdir()
    os.chown(folder, owner.uid, owner.gid)
    with running_engine(folder, owner=owner) as engine:
        yield engine
    shutil.rmtree(folder)


@pytest.mark.usefixtures("elsewhere")
def test_a_container_reaches_what_the_host_reaches(
    owner: Owner,
    helper: str,
    load_image: Callable[[RunningEngine, str], str],
) -> None:
    with engine_of(owner, helper) as engine, engine.client() as client:
        busybox = load_image(engine, "busybox")
        # Not closed at once: through pasta of 2023-03 no answer comes to a closed half.
        request = r"(printf 'GET /page HTTP/1.0\r\n\r\n'; sleep 1)"
        once = f"{request} | timeout 5 nc {ELSEWHERE} {PORT}"
        ask = f"for i in $(seq 5); do {once} && exit; sleep 0.1; done; exit 1"
        said = client.containers.run(busybox, ["sh", "-c", ask], remove=True)
        assert said.endswith(b"from elsewhere\n")
        assert program_of(engine, helper)


def test_the_program_ends_with_an_engine_that_is_killed(owner: Owner, helper: str) -> None:
    folder = owner.home / f"killed-{helper}"
    folder.mkdir()
    os.chown(folder, owner.uid, owner.gid)
    engine = spawn_engine(folder, owner=owner)
    try:
        wait_ready(engine)
        program = wait_until("it has been started", lambda: program_of(engine, helper))
    finally:
        engine.stop(signal.SIGKILL)
    wait_until("it has ended", lambda: not Path(f"/proc/{program}").exists())


def program_of(engine: RunningEngine, name: str) -> int | None:
    """The process id of the engine's way out, by the name that it was called by."""
    for pid in children_of(engine.pid):
        with contextlib.suppress(OSError):
            called = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]
            if Path(os.fsdecode(called)).name == name:
                return pid
    return None


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, timeout=TIMEOUT_S)

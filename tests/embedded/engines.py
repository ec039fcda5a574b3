"""Engines that tests start, look at from outside, and end."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import docker

from pausedemo.embedded.network.links import HOST_PREFIX
from pausedemo.embedded.platform import CGROUP_ROOT
from pausedemo.embedded.state import make_key
from tests.waiting import wait_until

#: Far more than any end takes: when it has passed, something hangs.
END_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Owner:
    """Who runs an engine: an ordinary user, and the Python that he may read."""

    name: str
    uid: int
    gid: int
    home: Path
    python: tuple[str, ...] = (sys.executable,)
    environ: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class RunningEngine:
    """An engine in a process of its own. ``stderr`` is the file that it complains to."""

    socket: Path
    state: Path
    process: subprocess.Popen[bytes]
    stderr: Path

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def keeper(self) -> int:
        """The process id of its keeper: its first child."""
        return min(children_of(self.pid))

    def client(self) -> contextlib.AbstractContextManager[Any]:
        return contextlib.closing(docker.DockerClient(base_url=self.url, timeout=60))

    def complaints(self) -> str:
        return self.stderr.read_text()

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send it a signal, and wait for its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(END_TIMEOUT_S)


def spawn_engine(
    folder: Path,
    *,
    socket: Path | None = None,
    state: Path | None = None,
    owner: Owner | None = None,
    more: Sequence[str] = (),
    pass_fds: Sequence[int] = (),
) -> RunningEngine:
    """Start an engine, without waiting for it."""
    socket, state = socket or folder / "engine.sock", state or folder / "state"
    python = owner.python if owner else (sys.executable,)
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    identity: dict[str, Any] = {}
    if owner is not None:
        environ |= {"HOME": str(owner.home), **owner.environ}
        identity = {"user": owner.uid, "group": owner.gid, "extra_groups": []}
    stderr = folder / "stderr"
    with stderr.open("ab") as complaints:
        process = subprocess.Popen(
            [*python, "-m", "pausedemo.embedded", "--socket", socket, "--state", state, *more],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=complaints,
            env=environ,
            cwd="/",
            pass_fds=pass_fds,
            **identity,
        )
    return RunningEngine(socket, state, process, stderr)


def wait_ready(engine: RunningEngine) -> None:
    """Wait until it answers; AssertionError with its words when it has ended instead."""

    def answers() -> bool:
        assert engine.process.poll() is None, engine.complaints()
        with contextlib.suppress(docker.errors.DockerException, OSError), engine.client() as client:
            return bool(client.ping())
        return False

    wait_until(f"the engine at {engine.socket} answers", answers)


@contextlib.contextmanager
def running_engine(folder: Path, **options: Any) -> Iterator[RunningEngine]:
    """An engine that answers; at the end it must stop with 0 and without a complaint."""
    engine = spawn_engine(folder, **options)
    try:
        wait_ready(engine)
        yield engine
        ended = engine.stop(), engine.complaints()
        assert ended == (0, ""), ended  # pytest does not take this file's asserts apart
    finally:
        engine.stop(signal.SIGKILL)


def children_of(pid: int) -> list[int]:
    """Process ids of the children of all threads; none of a process that is gone."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    return sorted(found)


def descendants_of(pid: int) -> set[int]:
    found: set[int] = set()
    waiting = [pid]
    while waiting:
        for child in children_of(waiting.pop()):
            if child not in found:
                found.add(child)
                waiting.append(child)
    return found


def find_processes(marker: str) -> dict[int, str]:
    """Live processes whose command line, environment or mounts name ``marker``."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal() or int(entry.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if not command:
                continue  # a zombie, or the kernel's own
            if marker in command or marker in (entry / "mounts").read_text(errors="replace"):
                found[int(entry.name)] = command.strip()
    return found


def host_mounts(marker: str) -> list[str]:
    """Mounts of the host's own table that name ``marker``."""
    lines = Path("/proc/self/mounts").read_text().splitlines()
    return [line for line in lines if marker in line]


def host_links() -> set[str]:
    """Names of the network links of the host's namespace."""
    done = subprocess.run(["ip", "-json", "link"], capture_output=True, check=True, timeout=30)
    return {one["ifname"] for one in json.loads(done.stdout)}


def link_of(engine: RunningEngine) -> str:
    """The name that the link of its network ``bridge`` has in the host's namespace, as root."""
    with engine.client() as client:
        return f"{HOST_PREFIX}{client.networks.get('bridge').id[:8]}"


def host_cgroups(state: Path) -> list[Path]:
    """Cgroup folders of the engine with that state folder."""
    name = f"pausedemo-{make_key(state)}"
    places = [CGROUP_ROOT, *(one for one in CGROUP_ROOT.iterdir() if one.is_dir())]
    return [place / name for place in places if (place / name).is_dir()]


def make_pod(client: Any, name: str, pause: str, busybox: str) -> list[Any]:
    """Pause and two members that share its network, PID and IPC namespaces."""
    first = client.containers.run(pause, name=f"{name}-pause", ipc_mode="shareable", detach=True)
    joined = {f"{kind}_mode": f"container:{first.id}" for kind in ("network", "pid", "ipc")}
    return [
        first,
        *(
            client.containers.run(
                busybox, ["sleep", "3600"], name=f"{name}-{one}", detach=True, **joined
            )
            for one in ("a", "b")
        ),
    ]

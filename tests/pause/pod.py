"""A pause container and what shares its PID namespace, as the tests see them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Final

from pausedemo.engine.docker import DockerEngine
from pausedemo.engine.port import ContainerConfig, ContainerInfo, ContainerState
from tests.waiting import wait_until

DEADLINE_S: Final = 15.0


@dataclass(frozen=True, slots=True)
class Process:
    """A row of /proc/PID/stat, proc(5)."""

    pid: int
    name: str
    state: str
    ppid: int
    children_faults: int


def parse_stat(line: str) -> Process:
    head, _, tail = line.rpartition(")")
    pid, _, name = head.partition(" (")
    fields = tail.split()
    return Process(int(pid), name, fields[0], int(fields[1]), int(fields[8]))


class Pod:
    """Containers around one PID 1. ``observer`` has a shell and looks at /proc in there."""

    def __init__(self, engine: DockerEngine, pause_image: str, busybox_image: str) -> None:
        self.engine = engine
        self._pause_image = pause_image
        self._busybox_image = busybox_image
        self._made: list[str] = []
        self.pause = ""
        self.observer = ""

    def start(self, first: tuple[str, ...] | None = None) -> None:
        """Start PID 1, the pause image or a busybox command, and the observer beside it."""
        self.pause = self.add_pause() if first is None else self._run(self._busybox_image, first)
        self.observer = self.add_member("sleep", "1000")
        if first is None:
            # Asleep means that it waits for signals: it sleeps nowhere else.
            wait_until(
                "pause is PID 1 and sleeps",
                lambda: (self.process(1).name, self.process(1).state) == ("pause", "S"),
            )

    def add_pause(self, *command: str) -> str:
        """Start a pause container: the pod's first, or one that joins the pod's PID namespace."""
        return self._run(self._pause_image, command or None)

    def add_member(self, *command: str, user: str | None = None) -> str:
        """Start a busybox command that joins the pod's PID namespace."""
        return self._run(self._busybox_image, command, user)

    def shell(self, script: str, *, container: str = "", timeout_s: float = DEADLINE_S) -> str:
        """Run a script in the observer, or in another member; its output. It must exit 0."""
        done = self.engine.exec(
            container or self.observer, ("sh", "-c", script), timeout_s=timeout_s
        )
        assert done.exit_code == 0, done
        return done.stdout.decode()

    def processes(self) -> dict[int, Process]:
        """Every process in the PID namespace; some may end while they are read."""
        text = self.shell("cat /proc/[0-9]*/stat 2>/dev/null; true")
        found = {process.pid: process for process in map(parse_stat, text.splitlines())}
        assert 1 in found, text
        return found

    def process(self, pid: int) -> Process:
        return parse_stat(self.shell(f"cat /proc/{pid}/stat"))

    def zombies(self) -> list[Process]:
        return [process for process in self.processes().values() if process.state == "Z"]

    def resident_kb(self) -> int:
        """How much memory PID 1 holds, in units of 1,024 bytes: VmRSS, proc(5)."""
        (line,) = (
            line
            for line in self.shell("cat /proc/1/status").splitlines()
            if line.startswith("VmRSS:")
        )
        _, amount, unit = line.split()
        assert unit == "kB"
        return int(amount)

    def make_orphans(self, count: int, *, timeout_s: float = DEADLINE_S) -> None:
        """Leave ``count`` processes behind, each by a parent that does not wait for it."""
        self.shell(
            f"i=0; while [ $i -lt {count} ]; do (true &); i=$((i+1)); done", timeout_s=timeout_s
        )

    def assert_pause_lives(self) -> None:
        """PID 1 still does its work: an orphan made now is gone soon, waited for by PID 1."""
        before = self.process(1).children_faults
        self.make_orphans(1)
        wait_until("PID 1 reaps", lambda: self.process(1).children_faults > before)
        assert self.inspect(self.pause).state is ContainerState.RUNNING

    def inspect(self, container: str) -> ContainerInfo:
        return self.engine.inspect_container(container)

    def wait_for_end(self, container: str) -> ContainerInfo:
        def look() -> ContainerInfo | None:
            info = self.inspect(container)
            return info if info.state is ContainerState.EXITED else None

        return wait_until(f"container {container} ends", look)

    def remove(self) -> None:
        """Remove all of it, newest first, whatever fails on the way."""
        failures: list[Exception] = []
        while self._made:
            try:
                self.engine.remove_container(self._made.pop())
            except Exception as error:  # noqa: BLE001 - all of them are raised below
                failures.append(error)
        if failures:
            raise ExceptionGroup("containers that could not be removed", failures)

    def _run(self, image: str, command: tuple[str, ...] | None, user: str | None = None) -> str:
        container = self.engine.create_container(
            ContainerConfig(
                name=f"pausedemo-test-pause-{uuid.uuid4().hex[:12]}",
                image=image,
                command=command,
                user=user,
                network_mode="none",
                pid_mode=f"container:{self.pause}" if self.pause else None,
            )
        )
        self._made.append(container)
        self.engine.start_container(container)
        return container

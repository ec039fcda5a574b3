"""Asks containers whether they are well, for as long as they run and are not paused."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from pausedemo.embedded.containers.container import Container
from pausedemo.embedded.containers.exec import Exec, describe_failure
from pausedemo.embedded.containers.execs import Execs
from pausedemo.embedded.containers.health import OUTPUT_BYTES, CheckResult, Health
from pausedemo.embedded.containers.node import Node
from pausedemo.embedded.containers.options.healthcheck import (
    NS,
    Healthcheck,
    parse_healthcheck,
)
from pausedemo.embedded.containers.streams import Stream
from pausedemo.embedded.containers.tasks import Tasks
from pausedemo.embedded.errors import ApiError
from pausedemo.embedded.keeper.client import LaunchFailed
from pausedemo.embedded.times import render_duration


class Checks:
    """The healthchecks of all containers: a timer for each that has one and runs."""

    def __init__(self, node: Node, execs: Execs, tasks: Tasks) -> None:
        self._node = node
        self._execs = execs
        self._tasks = tasks
        self._monitors: dict[str, _Monitor] = {}

    def begin(self, container: Container) -> None:
        """It has been started."""
        if parse_healthcheck(container.config) is None:
            return
        if container.state.health is None:
            container.state.health = Health()
        container.state.health.begin()
        self.go_on(container)

    def go_on(self, container: Container) -> None:
        """It runs again. What is known of it stays until the next check has been made."""
        check, health = parse_healthcheck(container.config), container.state.health
        if check is None or health is None:
            return
        monitor = _Monitor(self._node, self._execs, container, health, check)
        self._monitors[container.id] = monitor
        self._tasks.spawn(monitor.run())

    def stop(self, container: Container) -> None:
        """It has ended, or stands still: ask no more, and end the check that is being made."""
        monitor = self._monitors.pop(container.id, None)
        if monitor is not None:
            monitor.stop()


class _Monitor:
    """Asks one container, from one of its starts, or its unpausing, to ``stop``."""

    def __init__(
        self, node: Node, execs: Execs, container: Container, health: Health, check: Healthcheck
    ) -> None:
        self._node = node
        self._execs = execs
        self._container = container
        self._health = health
        self._check = check
        self._stopped = asyncio.Event()
        self._exec: Exec | None = None

    def stop(self) -> None:
        self._stopped.set()
        self._health.stop()
        self._kill()

    async def run(self) -> None:
        """Wait, check, and again."""
        while not await self._is_stopped_within(self._compute_wait()):
            await self._make_check()

    def _compute_wait(self) -> float:
        elapsed_ns = time.time_ns() - self._container.state.started_ns
        starting = self._health.status == "starting"
        return self._check.wait_ns(elapsed_ns, starting=starting) / NS

    async def _is_stopped_within(self, wait_s: float) -> bool:
        try:
            await asyncio.wait_for(self._stopped.wait(), wait_s)
        except TimeoutError:
            return False
        return True

    async def _make_check(self) -> None:
        started_ns, output = time.time_ns(), _Output()

        def record(exit_code: int, text: str) -> None:
            self._record(CheckResult(started_ns, time.time_ns(), exit_code, text))

        try:
            one = self._exec = await self._start(output)
        except LaunchFailed as failed:
            record(-1, describe_failure(failed))
            return
        except ApiError as error:
            record(-1, error.message)
            return
        if self._stopped.is_set():  # while it was being started
            self._kill()
        try:
            await asyncio.wait_for(one.finished.wait(), self._check.timeout_ns / NS)
        except TimeoutError:
            record(-1, f"Health check exceeded timeout ({render_duration(self._check.timeout_ns)})")
            self._kill()
            # The next one waits for its end: those that hang must not become many.
            await one.finished.wait()
        else:
            record(one.exit_code or 0, output.render())
        finally:
            self._exec = None
            self._execs.forget(one)

    async def _start(self, output: _Output) -> Exec:
        body = {"Cmd": list(self._check.argv), "AttachStdout": True, "AttachStderr": True}
        body["WorkingDir"] = self._container.config["WorkingDir"]
        one = self._execs.create(self._container, body)
        try:
            await self._execs.start(one, output, tty=False)
        except BaseException:
            self._execs.forget(one)
            raise
        return one

    def _record(self, result: CheckResult) -> None:
        if self._stopped.is_set():
            return
        if self._health.record(result, self._check, self._container.state.started_ns):
            self._node.tell(f"health_status: {self._health.status}", self._container)

    def _kill(self) -> None:
        if self._exec is not None:
            self._execs.kill(self._exec)


class _Output:
    """Takes the beginning of a check's output, both streams as they come."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._is_cut = False

    def take(self, stream: Stream, data: bytes) -> None:  # noqa: ARG002 - both go one way
        room = OUTPUT_BYTES - len(self._data)
        self._data += data[:room]
        self._is_cut |= len(data) > room

    def is_full(self) -> bool:
        return False

    def call_on_room(self, callback: Callable[[], None]) -> None:
        callback()

    def render(self) -> str:
        return self._data.decode(errors="replace") + ("..." if self._is_cut else "")

"""How a container is brought to its end, or made to stand still."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import Final

from pausedemo.embedded.containers.belonging import find_by_mount_namespace
from pausedemo.embedded.containers.container import Container, Status
from pausedemo.embedded.containers.node import Node
from pausedemo.embedded.containers.waiting import wait_end
from pausedemo.embedded.errors import ServerError
from pausedemo.embedded.signals import parse_signal

DEFAULT_GRACE_S: Final = 10
KILL_WAIT_S: Final = 10.0


class Stopper:
    """Sends signals, waits for what they do, and stops and lets go processes."""

    def __init__(self, node: Node) -> None:
        self._node = node

    async def stop(
        self,
        container: Container,
        grace_s: float | None,
        number: int | None = None,
        *,
        remove: bool = False,
    ) -> None:
        """The signal, and KILL after ``grace_s``; with ``remove`` KILL at once.

        Without ``grace_s`` or ``number`` the container's own. TimeoutError when even KILL does
        not end it.
        """
        if container.state.status is Status.RESTARTING:
            container.cancel_restart()
            container.state.status = Status.EXITED
            return
        if grace_s is None:
            own = container.config.get("StopTimeout")
            grace_s = DEFAULT_GRACE_S if own is None else own
        if remove:
            number, grace_s = int(signal.SIGKILL), float(KILL_WAIT_S)
        elif number is None:
            number = parse_signal(container.config["StopSignal"])
        self.signal(container, number)
        self.thaw(container)
        try:
            await self.wait(container, None if grace_s < 0 else grace_s)
        except TimeoutError:
            self.signal(container, signal.SIGKILL)
            await self.wait(container, KILL_WAIT_S)

    def signal(self, container: Container, number: int) -> None:
        """Send one to the main process, if it has one."""
        process = container.process
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)
        attributes = container.attributes(signal=str(int(number)))
        self._node.events.publish("container", "kill", container.id, attributes)

    async def wait(self, container: Container, timeout_s: float | None) -> None:
        """Until it has ended. Raises TimeoutError."""
        if container.state.has_process:
            async with asyncio.timeout(timeout_s):
                await wait_end(self._node.loop, container)

    def thaw(self, container: Container) -> None:
        """What is to end must run for it: moby, daemon/kill.go."""
        if container.state.status is Status.PAUSED:
            self.freeze(container, frozen=False)
            container.state.status = Status.RUNNING
            self._node.tell("unpause", container)

    def freeze(self, container: Container, *, frozen: bool) -> None:
        """Let all its processes stand still, or go on. Raises ServerError where none can."""
        if not self._node.cgroups.can_freeze:
            raise ServerError(
                f"Cannot pause container {container.id}: no freezer cgroup may be written here"
            )
        try:
            if frozen:
                inode = container.mount_namespace or 0
                self._node.cgroups.freeze(container.id, lambda: find_by_mount_namespace(inode))
            else:
                self._node.cgroups.thaw(container.id)
        except OSError as error:
            raise ServerError(f"Cannot pause container {container.id}: {error.strerror}") from error

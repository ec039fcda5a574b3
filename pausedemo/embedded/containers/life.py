"""A container's life: what users do with it, from its making to its removal.

Each container has a lock, so that its steps do not overlap. What follows from its end is done in
``running``, whoever was the cause.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import Any

from pausedemo.embedded.containers.checking import Checks
from pausedemo.embedded.containers.container import Container, Status
from pausedemo.embedded.containers.events import tell_made, tell_removed
from pausedemo.embedded.containers.execs import Execs
from pausedemo.embedded.containers.filling import VolumeFiller
from pausedemo.embedded.containers.making import Maker
from pausedemo.embedded.containers.node import Node
from pausedemo.embedded.containers.removal import Remover
from pausedemo.embedded.containers.running import Runs
from pausedemo.embedded.containers.stopping import KILL_WAIT_S, Stopper
from pausedemo.embedded.containers.tasks import Tasks
from pausedemo.embedded.errors import Conflict, NotModified, ServerError
from pausedemo.embedded.signals import parse_signal


class Lives:
    """Everything that changes how a container stands."""

    def __init__(self, node: Node, maker: Maker, execs: Execs) -> None:
        self._node = node
        self._maker = maker
        self._filler = VolumeFiller(node)
        self._tasks = Tasks(node.loop)
        self._remover = Remover(node, maker)
        self._stopper = Stopper(node)
        self._checks = Checks(node, execs, self._tasks)
        self._runs = Runs(node, execs, self._checks, self._remover, self._tasks)

    async def create(self, name: str | None, body: dict[str, Any], platform: str = "") -> Container:
        """Make a container from a create request."""
        container = self._maker.make(name, body, platform)
        tell_made(self._node, [one.volume for one in container.placed if one.is_new])
        try:
            await self._filler.fill(container)
        except BaseException:
            self._node.containers.remove(container)
            tell_removed(
                self._node,
                await asyncio.to_thread(self._maker.discard, container.id, container.placed),
            )
            raise
        self._node.tell("create", container)
        return container

    async def start(self, container: Container) -> None:
        """Raises NotModified when it runs already, ApiError when it cannot start."""
        async with container.lock:
            state = container.state
            if state.status is Status.PAUSED:
                raise Conflict("cannot start a paused container, try unpause instead")
            if state.status is Status.RUNNING:
                raise NotModified("")
            if state.status in (Status.REMOVING, Status.DEAD):
                raise Conflict("container is marked for removal and cannot be started")
            container.cancel_restart()
            container.stopped_by_hand = False
            container.restart_count = 0
            container.backoff_s = 0.0
            await self._runs.begin(container)

    async def stop(
        self, container: Container, grace_s: float | None, signal_name: str | None = None
    ) -> None:
        """TERM (or the image's signal), then KILL. Raises NotModified when it does not run."""
        number = parse_signal(signal_name) if signal_name else None
        if not container.state.is_running:
            raise NotModified("")
        container.stopped_by_hand = True
        await self._stopper.stop(container, grace_s, number)
        self._node.tell("stop", container)

    async def restart(
        self, container: Container, grace_s: float | None, signal_name: str | None = None
    ) -> None:
        """Stop it if it runs, and start it."""
        number = parse_signal(signal_name) if signal_name else None
        async with container.lock:
            if container.state.is_running:
                container.stopped_by_hand = True
                await self._stopper.stop(container, grace_s, number)
                self._node.tell("stop", container)
            container.stopped_by_hand = False
            container.restart_count = 0
            await self._runs.begin(container)
        self._node.tell("restart", container)

    async def kill(self, container: Container, signal_name: str) -> None:
        """Send a signal to the main process. Raises Conflict when it does not run."""
        number = parse_signal(signal_name)
        if not container.state.has_process or container.process is None:
            raise Conflict(f"Container {container.id} is not running")
        if number == signal.SIGKILL or number == parse_signal(container.config["StopSignal"]):
            container.stopped_by_hand = True
        self._stopper.signal(container, number)
        if container.stopped_by_hand:
            self._stopper.thaw(container)
        if number == signal.SIGKILL:
            with contextlib.suppress(TimeoutError):
                await self._stopper.wait(container, KILL_WAIT_S)

    async def pause(self, container: Container) -> None:
        """Let all its processes stand still."""
        async with container.lock:
            if not container.state.has_process:
                raise Conflict(f"Container {container.id} is not running")
            if container.state.status is Status.PAUSED:
                raise Conflict(f"Container {container.id} is already paused")
            self._stopper.freeze(container, frozen=True)
            container.state.status = Status.PAUSED
            self._checks.stop(container)
        self._node.tell("pause", container)

    async def unpause(self, container: Container) -> None:
        """Let its processes go on."""
        async with container.lock:
            if container.state.status is not Status.PAUSED:
                # 500, as dockerd's: it takes it for a defect of its own.
                raise ServerError(f"Container {container.id} is not paused")
            self._stopper.freeze(container, frozen=False)
            container.state.status = Status.RUNNING
            self._checks.go_on(container)
        self._node.tell("unpause", container)

    async def remove(self, container: Container, *, force: bool, volumes: bool) -> None:
        """Raises Conflict when it runs and ``force`` is not said."""
        if container.state.status is Status.REMOVING:
            raise Conflict(f"removal of container {container.id} is already in progress")
        if container.state.is_running:
            if not force:
                hint = "Stop the container before attempting removal or force remove"
                if container.state.status is Status.PAUSED:
                    hint = f"Unpause and then s{hint[1:]}"
                raise Conflict(
                    f"You cannot remove a {container.state.status} container {container.id}. {hint}"
                )
            container.stopped_by_hand = True
            await self._stopper.stop(container, 0, remove=True)
        async with container.lock:
            await self._remover.remove(container, volumes=volumes)

    async def rename(self, container: Container, name: str) -> None:
        """Give it another name. Raises Conflict."""
        old = container.name
        self._node.containers.rename(container, name)
        attributes = container.attributes(oldName=f"/{old}")
        self._node.events.publish("container", "rename", container.id, attributes)

    async def close(self, *, at_once: bool = False) -> None:
        """Stop all, newest first, members before whom they joined; then forget them."""
        running = [one for one in self._node.containers if one.state.is_running]
        for one in running:
            one.stopped_by_hand = True
        members = [one for one in running if _is_member(one)]
        donors = [one for one in running if not _is_member(one)]
        for group in (members, donors):
            stops = [self._stopper.stop(one, None, remove=at_once) for one in reversed(group)]
            await asyncio.gather(*stops, return_exceptions=True)
        await self._tasks.settle()
        await self._remover.forget_all()


def _is_member(container: Container) -> bool:
    return any(container.donor(key) for key in ("NetworkMode", "PidMode", "IpcMode"))

"""A container's life: start, stop, kill, restart, pause, end, removal.

Each container has a lock, so that its steps do not overlap. Its end is not a step but a fact:
the keeper tells it, and ``_on_end`` draws the conclusions.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import signal
import time
from collections.abc import Callable
from typing import Any, Final

from pausedemo.embedded.containers.belonging import (
    Find,
    find_below,
    find_by_mount_namespace,
    kill_all,
)
from pausedemo.embedded.containers.container import Container, Status
from pausedemo.embedded.containers.filling import VolumeFiller
from pausedemo.embedded.containers.making import Maker
from pausedemo.embedded.containers.node import Node
from pausedemo.embedded.containers.options import parse_signal
from pausedemo.embedded.containers.placing import placed
from pausedemo.embedded.containers.starting import Starter
from pausedemo.embedded.errors import ApiError, BadParameter, Conflict, NotModified, ServerError
from pausedemo.embedded.keeper.child import CANNOT_RUN, NOT_FOUND
from pausedemo.embedded.keeper.client import LaunchFailed

DEFAULT_GRACE_S: Final = 10
#: moby, restartmanager: the first wait, doubled each time, and the time that resets it.
FIRST_BACKOFF_S: Final = 0.1
LONGEST_BACKOFF_S: Final = 60.0
STEADY_AFTER_S: Final = 10.0
KILL_WAIT_S: Final = 10.0


class Lives:
    """Everything that changes how a container stands."""

    def __init__(self, node: Node, maker: Maker) -> None:
        self._node = node
        self._maker = maker
        self._filler = VolumeFiller(node)
        self._starter = Starter(node)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._backoff: dict[str, float] = {}
        self.end_execs: Callable[[Container], None] = lambda _: None

    async def create(self, name: str | None, body: dict[str, Any], platform: str = "") -> Container:
        """Make a container from a create request."""
        container = self._maker.make(name, body, platform)
        try:
            await self._filler.fill(container)
        except BaseException:
            self._node.containers.remove(container)
            await asyncio.to_thread(self._maker.discard, container.id, container.placed)
            raise
        self._node.events.publish("container", "create", container.id, container.attributes())
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
            self._cancel_restart(container)
            container.stopped_by_hand = False
            container.restart_count = 0
            self._backoff.pop(container.id, None)
            await self._start(container)

    async def stop(
        self, container: Container, grace_s: float | None, signal_name: str | None = None
    ) -> None:
        """TERM (or the image's signal), then KILL. Raises NotModified when it does not run."""
        number = parse_signal(signal_name) if signal_name else None
        if not container.state.is_running:
            raise NotModified("")
        container.stopped_by_hand = True
        await self._stop(container, grace_s, number)
        self._node.events.publish("container", "stop", container.id, container.attributes())

    async def restart(
        self, container: Container, grace_s: float | None, signal_name: str | None = None
    ) -> None:
        """Stop it if it runs, and start it."""
        number = parse_signal(signal_name) if signal_name else None
        async with container.lock:
            if container.state.is_running:
                container.stopped_by_hand = True
                await self._stop(container, grace_s, number)
                self._node.events.publish("container", "stop", container.id, container.attributes())
            container.stopped_by_hand = False
            container.restart_count = 0
            await self._start(container)
        self._node.events.publish("container", "restart", container.id, container.attributes())

    async def kill(self, container: Container, signal_name: str) -> None:
        """Send a signal to the main process. Raises Conflict when it does not run."""
        number = parse_signal(signal_name)
        if not container.state.has_process or container.process is None:
            raise Conflict(f"Container {container.id} is not running")
        if number == signal.SIGKILL or number == parse_signal(container.config["StopSignal"]):
            container.stopped_by_hand = True
        self._signal(container, number)
        if container.stopped_by_hand:
            self._thaw(container)
        if number == signal.SIGKILL:
            with contextlib.suppress(TimeoutError):
                await self._wait_end(container, KILL_WAIT_S)

    async def pause(self, container: Container) -> None:
        """Let all its processes stand still."""
        async with container.lock:
            if not container.state.has_process:
                raise Conflict(f"Container {container.id} is not running")
            if container.state.status is Status.PAUSED:
                raise Conflict(f"Container {container.id} is already paused")
            self._freeze(container, frozen=True)
            container.state.status = Status.PAUSED
        self._node.events.publish("container", "pause", container.id, container.attributes())

    async def unpause(self, container: Container) -> None:
        """Let its processes go on."""
        async with container.lock:
            if container.state.status is not Status.PAUSED:
                # 500, as dockerd's: it takes it for a defect of its own.
                raise ServerError(f"Container {container.id} is not paused")
            self._freeze(container, frozen=False)
            container.state.status = Status.RUNNING
        self._node.events.publish("container", "unpause", container.id, container.attributes())

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
            await self._stop(container, 0, remove=True)
        async with container.lock:
            await self._remove(container, volumes=volumes)

    async def rename(self, container: Container, name: str) -> None:
        """Give it another name. Raises Conflict."""
        old = container.name
        self._node.containers.rename(container, name)
        attributes = container.attributes(oldName=f"/{old}")
        self._node.events.publish("container", "rename", container.id, attributes)

    def wait_end(self, container: Container) -> asyncio.Future[int]:
        """The exit code of its next end.

        No coroutine, which would only begin to wait when the loop comes to it: by then a container
        that was seen running may have ended, and never end again.
        """
        if container.ended is None:
            container.ended = self._node.loop.create_future()
        return asyncio.shield(container.ended)

    def wait_removed(self, container: Container) -> asyncio.Future[int]:
        """The exit code it had when it was removed."""
        if container.removed is None:
            container.removed = self._node.loop.create_future()
        return asyncio.shield(container.removed)

    async def close(self, *, at_once: bool = False) -> None:
        """Stop all, newest first, members before whom they joined; then forget them."""
        running = [one for one in self._node.containers if one.state.is_running]
        for one in running:
            one.stopped_by_hand = True
        members = [one for one in running if self._is_member(one)]
        donors = [one for one in running if not self._is_member(one)]
        for group in (members, donors):
            stops = [self._stop(one, None, remove=at_once) for one in reversed(group)]
            await asyncio.gather(*stops, return_exceptions=True)
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
        for container in self._node.containers:
            await asyncio.to_thread(self._maker.discard, container.id, container.placed)
            if container.log is not None:
                container.log.close()
            self._node.containers.remove(container)

    def _is_member(self, container: Container) -> bool:
        return any(container.donor(key) for key in ("NetworkMode", "PidMode", "IpcMode"))

    # Start.

    async def _start(self, container: Container) -> None:
        state = container.state
        if container.releasing is not None:
            await asyncio.wait([container.releasing])
            container.releasing = None
        try:
            process = await self._starter.start(container)
        except LaunchFailed as failed:
            await self._undo(container)
            raise self._fail(container, failed) from failed
        except BaseException as error:
            if isinstance(error, ApiError):
                state.error = error.message
                state.exit_code = 128
                if state.status is not Status.CREATED:
                    state.status = Status.EXITED
            await self._undo(container)
            raise
        process.ended.add_done_callback(
            lambda ended: self._spawn(self._on_end(container, ended.result()))
        )

    def _fail(self, container: Container, failed: LaunchFailed) -> ApiError:
        """What a start that failed means for the container, and for who asked. As dockerd 20.10."""
        state = container.state
        known = failed.step == "exec"
        missing = failed.code in (errno.ENOENT, errno.ENOTDIR)
        state.exit_code = (NOT_FOUND if missing else CANNOT_RUN) if known else 128
        text = (
            "failed to create shim: OCI runtime create failed: container could not be started: "
            f"{failed.text}: unknown"
        )
        state.error = text
        if state.status is not Status.CREATED:
            state.status = Status.EXITED
            state.finished_ns = time.time_ns()
        is_known = known or failed.step in ("cwd", "user")
        return BadParameter(text) if is_known else ServerError(text)

    async def _undo(self, container: Container) -> None:
        if container.process is None:
            await self._starter.undo(container)
            if container.host["AutoRemove"] and not container.restart_count:
                await self._remove(container, volumes=True)

    # Stop.

    async def _stop(
        self,
        container: Container,
        grace_s: float | None,
        number: int | None = None,
        *,
        remove: bool = False,
    ) -> None:
        if container.state.status is Status.RESTARTING:
            self._cancel_restart(container)
            container.state.status = Status.EXITED
            return
        if grace_s is None:
            own = container.config.get("StopTimeout")
            grace_s = DEFAULT_GRACE_S if own is None else own
        if remove:
            number, grace_s = int(signal.SIGKILL), float(KILL_WAIT_S)
        elif number is None:
            number = parse_signal(container.config["StopSignal"])
        self._signal(container, number)
        self._thaw(container)
        try:
            await self._wait_end(container, None if grace_s < 0 else grace_s)
        except TimeoutError:
            self._signal(container, signal.SIGKILL)
            await self._wait_end(container, KILL_WAIT_S)

    def _signal(self, container: Container, number: int) -> None:
        process = container.process
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)
        self._node.events.publish(
            "container", "kill", container.id, container.attributes(signal=str(int(number)))
        )

    def _thaw(self, container: Container) -> None:
        """What is to end must run for it: moby, daemon/kill.go."""
        if container.state.status is Status.PAUSED:
            self._freeze(container, frozen=False)
            container.state.status = Status.RUNNING
            attributes = container.attributes()
            self._node.events.publish("container", "unpause", container.id, attributes)

    async def _wait_end(self, container: Container, timeout_s: float | None) -> None:
        if container.state.has_process:
            await asyncio.wait_for(self.wait_end(container), timeout_s)

    def _freeze(self, container: Container, *, frozen: bool) -> None:
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

    # End.

    async def _on_end(self, container: Container, code: int) -> None:
        process, state = container.process, container.state
        if process is None:
            return
        container.process = None
        process.close()
        await placed(container)
        self.end_execs(container)
        find = self._find_others(container)
        if find():
            await asyncio.to_thread(kill_all, find)
        await self._starter.finish_streams(container)
        state.oom_killed = self._node.cgroups.was_oom_killed(container.id)
        state.exit_code, state.pid, state.finished_ns = code, 0, time.time_ns()
        again = container.restart_policy.wants(
            exit_code=code,
            restarts=container.restart_count,
            stopped_by_hand=container.stopped_by_hand,
        )
        state.status = Status.RESTARTING if again else Status.EXITED
        if state.oom_killed:
            self._node.events.publish("container", "oom", container.id, container.attributes())
        released = container.releasing = self._spawn(self._starter.release_mounts(container))
        self._node.cgroups.remove(container.id)
        attributes = container.attributes(exitCode=str(code))
        ended, container.ended = container.ended, None
        self._node.events.publish("container", "die", container.id, attributes)
        await self._starter.release_network(container)
        if ended is not None:
            ended.set_result(code)
        if again:
            container.restarting = self._spawn(self._restart_later(container, released))
        elif container.host["AutoRemove"] and state.status is Status.EXITED:
            await asyncio.wait([released])
            async with container.lock:
                if state.status is Status.EXITED:  # and not started again by a restart
                    await self._remove(container, volumes=True)
        else:
            await asyncio.wait([released])

    def _find_others(self, container: Container) -> Find:
        """Looks for processes that it has left: none where the kernel ends all with the first."""
        inode = container.mount_namespace or 0
        if not container.host["PidMode"]:
            return list
        first: Container | None = container
        while first is not None and (donor := first.donor("PidMode")) is not None:
            first = self._node.containers.get(donor)
        if first is None or (first.process is None and first is not container):
            return list  # PID 1 has ended, and all with it
        if first.host["PidMode"] == "host" or first.process is None:
            return lambda: find_by_mount_namespace(inode)
        pid = first.process.pid
        return lambda: find_below(pid, inode)

    async def _restart_later(self, container: Container, released: asyncio.Task[None]) -> None:
        await asyncio.wait([released])
        ran_s = (container.state.finished_ns - container.state.started_ns) / 1e9
        delay_s = self._backoff.get(container.id, FIRST_BACKOFF_S / 2) * 2
        if ran_s > STEADY_AFTER_S:
            delay_s = FIRST_BACKOFF_S
        delay_s = self._backoff[container.id] = min(delay_s, LONGEST_BACKOFF_S)
        await asyncio.sleep(delay_s)
        async with container.lock:
            if container.state.status is not Status.RESTARTING:
                return
            container.restart_count += 1
            try:
                await self._start(container)
            except ApiError:
                container.state.status = Status.EXITED

    def _cancel_restart(self, container: Container) -> None:
        task, container.restarting = container.restarting, None
        if task is not None and not task.done():
            task.cancel()

    # Removal.

    async def _remove(self, container: Container, *, volumes: bool) -> None:
        node, state = self._node, container.state
        if node.containers.get(container.id) is None:
            return
        self._cancel_restart(container)
        state.status = Status.REMOVING
        code = state.exit_code
        if container.log is not None:
            container.log.close()
        node.containers.remove(container)
        await asyncio.to_thread(
            self._maker.discard, container.id, container.placed, volumes=volumes
        )
        self._backoff.pop(container.id, None)
        node.events.publish("container", "destroy", container.id, container.attributes())
        if container.removed is not None:
            container.removed.set_result(code)

    def _spawn(self, work: Any) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = self._node.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

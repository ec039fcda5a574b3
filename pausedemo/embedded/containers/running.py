"""A container's run: its start, what its end means, and the next one by its restart policy.

The end is not a step but a fact: the keeper tells it, and ``_on_end`` draws the conclusions.
"""

from __future__ import annotations

import asyncio
import errno
import time
from typing import Final

from pausedemo.embedded.containers.belonging import (
    Find,
    find_below,
    find_by_mount_namespace,
    kill_all,
)
from pausedemo.embedded.containers.checking import Checks
from pausedemo.embedded.containers.container import Container, Status
from pausedemo.embedded.containers.events import tell_unmounted
from pausedemo.embedded.containers.execs import Execs
from pausedemo.embedded.containers.node import Node
from pausedemo.embedded.containers.placing import placed
from pausedemo.embedded.containers.removal import Remover
from pausedemo.embedded.containers.starting import Starter
from pausedemo.embedded.containers.tasks import Tasks
from pausedemo.embedded.errors import RUNTIME_FAILED, ApiError, BadParameter, ServerError
from pausedemo.embedded.keeper.child import CANNOT_RUN, NOT_FOUND
from pausedemo.embedded.keeper.client import LaunchFailed

#: moby, restartmanager: the first wait, doubled each time, and the time that resets it.
FIRST_BACKOFF_S: Final = 0.1
LONGEST_BACKOFF_S: Final = 60.0
STEADY_AFTER_S: Final = 10.0


class Runs:
    """Begins runs; what follows from their ends it does by itself. Callers hold the lock."""

    def __init__(
        self, node: Node, execs: Execs, checks: Checks, remover: Remover, tasks: Tasks
    ) -> None:
        self._node = node
        self._execs = execs
        self._checks = checks
        self._remover = remover
        self._tasks = tasks
        self._starter = Starter(node)

    async def begin(self, container: Container) -> None:
        """Raises ApiError when it cannot start; its state says so as well."""
        state = container.state
        if container.releasing is not None:
            await asyncio.wait([container.releasing])
            container.releasing = None
        try:
            process = await self._starter.start(container)
        except LaunchFailed as failed:
            await self._undo(container)
            raise _fail(container, failed) from failed
        except BaseException as error:
            if isinstance(error, ApiError):
                state.error = error.message
                state.exit_code = 128
                if state.status is not Status.CREATED:
                    state.status = Status.EXITED
            await self._undo(container)
            raise
        process.ended.add_done_callback(
            lambda ended: self._tasks.spawn(self._on_end(container, ended.result()))
        )
        self._checks.begin(container)

    async def _undo(self, container: Container) -> None:
        if container.process is None:
            await self._starter.undo(container)
            tell_unmounted(self._node, container)
            if container.host["AutoRemove"] and not container.restart_count:
                await self._remover.remove(container, volumes=True)

    async def _on_end(self, container: Container, code: int) -> None:
        process, state = container.process, container.state
        if process is None:
            return
        container.process = None
        process.close()
        self._checks.stop(container)
        await placed(container)
        self._execs.kill_all(container)
        find = self._find_others(container)
        if find():
            await asyncio.to_thread(kill_all, find)
        await self._execs.finish_all(container)
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
            self._node.tell("oom", container)
        released = self._tasks.spawn(self._starter.release_mounts(container))
        container.releasing = released
        self._node.cgroups.remove(container.id)
        attributes = container.attributes(exitCode=str(code))
        ended, container.ended = container.ended, None
        self._node.events.publish("container", "die", container.id, attributes)
        await self._starter.release_network(container)
        tell_unmounted(self._node, container)
        if ended is not None:
            ended.set_result(code)
        if again:
            container.restarting = self._tasks.spawn(self._begin_later(container, released))
            return
        await asyncio.wait([released])
        if container.host["AutoRemove"] and state.status is Status.EXITED:
            async with container.lock:
                if state.status is Status.EXITED:  # and not started again by a restart
                    await self._remover.remove(container, volumes=True)

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

    async def _begin_later(self, container: Container, released: asyncio.Task[None]) -> None:
        await asyncio.wait([released])
        container.backoff_s = next_backoff(
            container.backoff_s, container.state.finished_ns - container.state.started_ns
        )
        await asyncio.sleep(container.backoff_s)
        async with container.lock:
            if container.state.status is not Status.RESTARTING:
                return
            container.restart_count += 1
            try:
                await self.begin(container)
            except ApiError:
                container.state.status = Status.EXITED


def next_backoff(last_s: float, ran_ns: int) -> float:
    """How long to wait before the next start, in seconds. ``last_s``: the wait before, or 0."""
    if not last_s or ran_ns > STEADY_AFTER_S * 1e9:
        return FIRST_BACKOFF_S
    return min(last_s * 2, LONGEST_BACKOFF_S)


def _fail(container: Container, failed: LaunchFailed) -> ApiError:
    """What a start that failed means for the container, and for who asked. As dockerd 20.10."""
    state = container.state
    known = failed.step == "exec"
    if failed.step == "sysctl":
        # moby, daemon/errors.go, takes these for the program's, by the word.
        known = failed.code in (errno.ENOENT, errno.ENOTDIR, errno.EACCES)
    missing = failed.code in (errno.ENOENT, errno.ENOTDIR)
    state.exit_code = (NOT_FOUND if missing else CANNOT_RUN) if known else 128
    text = failed.text
    if failed.step == "sysctl":
        text = (
            f"{RUNTIME_FAILED}: unable to start container process: "
            f"error during container init: {text}: unknown"
        )
    elif failed.step not in ("propagation", "user"):
        text = (
            "failed to create shim: OCI runtime create failed: container could not be started: "
            f"{text}: unknown"
        )
    state.error = text
    if state.status is not Status.CREATED:
        state.status = Status.EXITED
        state.finished_ns = time.time_ns()
    is_known = known or failed.step in ("cwd", "user")
    return BadParameter(text) if is_known else ServerError(text)

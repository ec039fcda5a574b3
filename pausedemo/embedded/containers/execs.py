"""Commands in containers that run: ``docker exec``."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import signal
from collections import OrderedDict
from typing import Any, Final

from pausedemo.embedded.containers.container import Container
from pausedemo.embedded.containers.exec import Exec, check_can_exec, parse_exec
from pausedemo.embedded.containers.launching import Descriptors, plan_program
from pausedemo.embedded.containers.node import Node
from pausedemo.embedded.containers.pipes import Pipes
from pausedemo.embedded.containers.placing import files_before_exec, place_later
from pausedemo.embedded.containers.sharing import find_shared
from pausedemo.embedded.containers.streams import Reader, Stream, Taker, Writer, finish_streams
from pausedemo.embedded.containers.tasks import Tasks
from pausedemo.embedded.errors import Conflict, NotFound
from pausedemo.embedded.keeper.child import CANNOT_RUN
from pausedemo.embedded.keeper.client import LaunchFailed
from pausedemo.embedded.keeper.launch import Launch
from pausedemo.embedded.kernel.syscalls import Namespace

#: What an exec joins; the PID namespace is joined by the keeper, before the fork.
JOINED: Final = Namespace.MOUNT | Namespace.NETWORK | Namespace.IPC | Namespace.UTS
#: Ended ones that are still known, so that their exit code can be asked for.
REMEMBERED: Final = 4096
#: How long a container's end waits for its execs, which have been killed: s.
KILLED_S: Final = 5.0


class Execs:
    """All execs, found by their id."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._all: OrderedDict[str, Exec] = OrderedDict()
        self._tasks = Tasks(node.loop)

    def find(self, exec_id: str) -> Exec:
        """Raises NotFound in dockerd's words."""
        try:
            return self._all[exec_id]
        except KeyError:
            raise NotFound(f"No such exec instance: {exec_id}") from None

    def create(self, container: Container, body: dict[str, Any]) -> Exec:
        """From the body of POST /containers/{id}/exec. Raises Conflict and BadParameter."""
        check_can_exec(container)
        made = parse_exec(container, body)
        self._all[made.id] = made
        container.execs.append(made.id)
        self._forget_oldest()
        self._tell("exec_create", made)
        return made

    def check_startable(self, one: Exec) -> None:
        """Raises Conflict when it was started before, or its container cannot take it now."""
        if one.started:
            state = "is already running" if one.running else "has already run"
            raise Conflict(f"Error: Exec command {one.id} {state}")
        check_can_exec(one.container)

    async def start(
        self, one: Exec, taker: Taker | None, *, tty: bool, size: tuple[int, int] | None = None
    ) -> None:
        """Start it; output goes to ``taker``, to nobody without one. Raises LaunchFailed."""
        self.check_startable(one)
        one.started = one.running = True
        container, loop = one.container, self._node.loop
        main = container.process
        # Before it runs, as dockerd's: that it could not is not told by an event.
        self._tell("exec_start", one)
        descriptors = Descriptors()
        pipes = Pipes(descriptors)
        if taker is not None and one.outputs:
            one.takers.append(taker)
        try:
            if not tty and taker is not None:
                for stream in (Stream.STDIN, *one.outputs) if one.stdin else one.outputs:
                    pipes.open(stream)
            launch = self._plan(one, descriptors, pipes.stdio, tty=tty, size=size)
            process = one.process = await self._node.keeper.launch(launch, descriptors.all)
        except BaseException as error:
            one.running, one.exit_code = False, CANNOT_RUN
            _strike_out(one)
            pipes.close_ours()
            if isinstance(error, LaunchFailed) and error.code == errno.ESRCH:
                raise Conflict(f"Container {container.id} is not running") from error
            raise
        finally:
            pipes.close_theirs()
        place_later(container, process.pid)
        if process.terminal is None:
            one.readers, one.writer = pipes.take(loop, lambda: tuple(one.takers))
        else:
            reader = Reader(loop, process.terminal, Stream.STDOUT, lambda: tuple(one.takers))
            one.readers, one.writer = [reader], Writer.to_terminal(loop, process.terminal)
        process.ended.add_done_callback(
            lambda ended: self._tasks.spawn(self._on_end(one, ended.result()))
        )
        if container.process is not main:  # it ended while this one was being started
            self.kill(one)

    def _plan(
        self,
        one: Exec,
        descriptors: Descriptors,
        stdio: list[int | None],
        *,
        tty: bool,
        size: tuple[int, int] | None,
    ) -> Launch:
        """Raises Conflict when its container has ended meanwhile."""
        container, main = one.container, one.container.process
        if main is None:
            raise Conflict(f"Container {container.id} is not running")
        position = descriptors.add(main.pidfd)
        shared = find_shared(main.pid)
        joined = JOINED & ~shared
        if container.host["CgroupnsMode"] == "private":
            joined |= Namespace.CGROUP
        return Launch(
            join_pid=None if shared & Namespace.PID else position,
            joins=[(position, int(joined))],
            stdio=stdio,
            terminal=tty,
            size=size,
            cgroups=files_before_exec(container),
            program=plan_program(
                self._node,
                container,
                descriptors,
                argv=one.argv,
                env=one.env,
                user=one.user,
                cwd=one.cwd or None,
                privileged=one.privileged,
            ),
        )

    def kill_all(self, container: Container) -> None:
        """Its container has ended: what the kernel has not ended already, ends now."""
        for one in self._of(container):
            self.kill(one)

    async def finish_all(self, container: Container) -> None:
        """Wait until those that were killed have ended; forget those that never began.

        So an exec's end is told before its container's, as dockerd's, and a container that has
        ended has no execs.
        """
        waiting = []
        for one in self._of(container):
            if not one.started:
                self.forget(one)
            elif one.process is not None:
                waiting.append(asyncio.ensure_future(one.finished.wait()))
        if waiting:
            _, late = await asyncio.wait(waiting, timeout=KILLED_S)
            for each in late:
                each.cancel()
        container.execs.clear()

    def _of(self, container: Container) -> list[Exec]:
        return [self._all[each] for each in container.execs if each in self._all]

    def detach(self, one: Exec, taker: Taker) -> None:
        """Its user leaves it, and it goes on; of Docker 20.10 it is known that it ends it."""
        with contextlib.suppress(ValueError):
            one.takers.remove(taker)
        attributes = one.container.attributes(execID=one.id)
        self._node.events.publish("container", "exec_detach", one.container.id, attributes)

    def kill(self, one: Exec) -> None:
        """End it, if it runs."""
        if one.process is not None:
            with contextlib.suppress(ProcessLookupError):
                one.process.send_signal(signal.SIGKILL)

    def forget(self, one: Exec) -> None:
        """It has ended, and nobody will ask for its exit code."""
        self._all.pop(one.id, None)
        _strike_out(one)

    def _tell(self, what: str, one: Exec) -> None:
        # With a space after the program even where no words follow, as dockerd's.
        action = f"{what}: {one.argv[0]} {' '.join(one.argv[1:])}"
        attributes = one.container.attributes(execID=one.id)
        self._node.events.publish("container", action, one.container.id, attributes)

    async def _on_end(self, one: Exec, code: int) -> None:
        process = one.process
        await finish_streams(one.readers, one.writer)
        if process is not None:
            process.close()
        one.process = None
        one.exit_code, one.running = code, False
        _strike_out(one)
        attributes = one.container.attributes(execID=one.id, exitCode=str(code))
        self._node.events.publish("container", "exec_die", one.container.id, attributes)
        one.finished.set()

    def _forget_oldest(self) -> None:
        for exec_id in list(self._all)[: max(len(self._all) - REMEMBERED, 0)]:
            if not self._all[exec_id].running:
                self.forget(self._all[exec_id])


def _strike_out(one: Exec) -> None:
    """Its container has it no more; its exit code may still be asked for."""
    with contextlib.suppress(ValueError):
        one.container.execs.remove(one.id)

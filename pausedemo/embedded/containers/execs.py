"""Commands in containers that run: ``docker exec``."""

from __future__ import annotations

import asyncio
import errno
import os
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, Final

from pausedemo.embedded.containers.container import Container, Status
from pausedemo.embedded.containers.launching import Descriptors, plan_program
from pausedemo.embedded.containers.node import Node
from pausedemo.embedded.containers.options import as_list
from pausedemo.embedded.containers.placing import files_before_exec, place_later
from pausedemo.embedded.containers.shapes import EXEC, check_shape
from pausedemo.embedded.containers.sharing import find_shared
from pausedemo.embedded.containers.streams import Reader, Stream, Taker, Writer, finish_streams
from pausedemo.embedded.containers.tasks import Tasks
from pausedemo.embedded.errors import BadParameter, Conflict, NotFound
from pausedemo.embedded.keeper.child import CANNOT_RUN
from pausedemo.embedded.keeper.client import LaunchFailed, Process
from pausedemo.embedded.keeper.launch import Launch
from pausedemo.embedded.kernel.syscalls import Namespace

#: What an exec joins; the PID namespace is joined by the keeper, before the fork.
JOINED: Final = Namespace.MOUNT | Namespace.NETWORK | Namespace.IPC | Namespace.UTS
#: Ended ones that are still known, so that their exit code can be asked for.
REMEMBERED: Final = 4096


@dataclass(slots=True, eq=False)
class Exec:
    """One command. ``exit_code`` is None until it has ended."""

    id: str
    container: Container
    argv: list[str]
    env: list[str]
    user: str
    cwd: str
    tty: bool
    stdin: bool
    outputs: tuple[Stream, ...]
    privileged: bool
    detach_keys: str = ""
    running: bool = False
    started: bool = False
    exit_code: int | None = None
    process: Process | None = None
    readers: list[Reader] = field(default_factory=list)
    writer: Writer | None = None
    takers: list[Taker] = field(default_factory=list)
    finished: asyncio.Event = field(default_factory=asyncio.Event)


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
        check_shape(body, EXEC)
        argv, env = as_list(body.get("Cmd")), body.get("Env") or []
        if not argv:
            raise BadParameter("No exec command specified")
        cwd, user = body.get("WorkingDir") or "", body.get("User") or ""
        if cwd and not cwd.startswith("/"):
            raise BadParameter(
                f"the working directory '{cwd}' is invalid, it needs to be an absolute path"
            )
        made = Exec(
            id=secrets.token_hex(32),
            container=container,
            argv=argv,
            env=env,
            user=user or container.config["User"],
            cwd=cwd,
            tty=bool(body.get("Tty")),
            stdin=bool(body.get("AttachStdin")),
            outputs=tuple(
                stream
                for stream, field in (
                    (Stream.STDOUT, "AttachStdout"),
                    (Stream.STDERR, "AttachStderr"),
                )
                if body.get(field)
            ),
            privileged=bool(body.get("Privileged")),
            detach_keys=str(body.get("DetachKeys") or ""),
        )
        self._all[made.id] = made
        container.execs.append(made.id)
        self._forget()
        attributes = container.attributes(execID=made.id)
        action = f"exec_create: {' '.join(argv)}"
        self._node.events.publish("container", action, container.id, attributes)
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
        descriptors = Descriptors()
        process = container.process
        if process is None:
            raise Conflict(f"Container {container.id} is not running")
        position = descriptors.add(process.pidfd)
        program = plan_program(
            self._node,
            container,
            descriptors,
            argv=one.argv,
            env=one.env,
            user=one.user,
            cwd=one.cwd or None,
            privileged=one.privileged,
        )
        ours: list[int] = []
        theirs: list[int] = []
        stdio: list[int | None] = [None, None, None]
        if not tty:
            if one.stdin and taker is not None:
                reading, writing = os.pipe2(os.O_CLOEXEC)
                theirs.append(reading)
                ours.append(writing)
                stdio[0] = descriptors.add(reading)
            for stream in one.outputs if taker is not None else ():
                reading, writing = os.pipe2(os.O_CLOEXEC)
                ours.append(reading)
                theirs.append(writing)
                stdio[stream] = descriptors.add(writing)
        if taker is not None and one.outputs:
            one.takers.append(taker)
        shared = find_shared(process.pid)
        joined = JOINED & ~shared
        if container.host["CgroupnsMode"] == "private":
            joined |= Namespace.CGROUP
        launch = Launch(
            join_pid=None if shared & Namespace.PID else position,
            joins=[(position, int(joined))],
            stdio=stdio,
            terminal=tty,
            size=size,
            cgroups=files_before_exec(container),
            program=program,
        )
        try:
            one.process = await self._node.keeper.launch(launch, descriptors.all)
        except BaseException as error:
            one.running, one.exit_code = False, CANNOT_RUN
            for descriptor in ours:
                os.close(descriptor)
            if isinstance(error, LaunchFailed) and error.code == errno.ESRCH:
                raise Conflict(f"Container {container.id} is not running") from error
            raise
        finally:
            for descriptor in theirs:
                os.close(descriptor)
        place_later(container, one.process.pid)
        if one.process.terminal is not None:
            one.readers = [
                Reader(loop, one.process.terminal, Stream.STDOUT, lambda: tuple(one.takers))
            ]
            one.writer = Writer(loop, one.process.terminal, owned=False)
        else:
            if stdio[0] is not None:
                one.writer = Writer(loop, ours.pop(0))
            one.readers = [
                Reader(loop, descriptor, stream, lambda: tuple(one.takers))
                for descriptor, stream in zip(ours, one.outputs, strict=False)
            ]
        attributes = container.attributes(execID=one.id)
        action = f"exec_start: {' '.join(one.argv)}"
        self._node.events.publish("container", action, container.id, attributes)
        one.process.ended.add_done_callback(
            lambda ended: self._tasks.spawn(self._on_end(one, ended.result()))
        )

    def end_all(self, container: Container) -> None:
        """Its container has ended: what the kernel has not ended already, ends now."""
        for exec_id in container.execs:
            one = self._all.get(exec_id)
            if one is not None and one.process is not None:
                try:
                    one.process.send_signal(9)
                except ProcessLookupError:
                    continue

    async def _on_end(self, one: Exec, code: int) -> None:
        process = one.process
        await finish_streams(one.readers, one.writer)
        if process is not None:
            process.close()
        one.process = None
        one.exit_code, one.running = code, False
        if one.id in one.container.execs:
            one.container.execs.remove(one.id)
        attributes = one.container.attributes(execID=one.id, exitCode=str(code))
        self._node.events.publish("container", "exec_die", one.container.id, attributes)
        one.finished.set()

    def _forget(self) -> None:
        for exec_id in list(self._all)[: max(len(self._all) - REMEMBERED, 0)]:
            if not self._all[exec_id].running:
                gone = self._all.pop(exec_id)
                if exec_id in gone.container.execs:
                    gone.container.execs.remove(exec_id)


def check_can_exec(container: Container) -> None:
    """Raises Conflict in dockerd's words when a container takes no command now."""
    if not container.state.is_running:
        raise Conflict(f"Container {container.id} is not running")
    if container.state.status is Status.PAUSED:
        raise Conflict(f"Container {container.id} is paused, unpause the container before exec")
    if container.state.status is Status.RESTARTING:
        raise Conflict(
            f"Container {container.id} is restarting, wait until the container is running"
        )

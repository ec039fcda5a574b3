"""What a container's start takes from the node, and how it is given back."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from pausedemo.embedded.containers.container import Container, Status
from pausedemo.embedded.containers.etcfiles import write_files
from pausedemo.embedded.containers.events import tell_mounted
from pausedemo.embedded.containers.launching import Descriptors, plan_launch
from pausedemo.embedded.containers.node import Node
from pausedemo.embedded.containers.placing import files_before_exec, place_later
from pausedemo.embedded.containers.sources import ensure_source
from pausedemo.embedded.containers.streams import Reader, Stream, Writer, finish_streams
from pausedemo.embedded.errors import BadParameter, ServerError
from pausedemo.embedded.keeper.client import Process
from pausedemo.embedded.network.model import Attachment
from pausedemo.embedded.tmpfs import mount_shm, unmount_shm

#: From a container's end until its mounts are taken down.
LET_GO_S: Final = 0.002


class Starter:
    """Brings containers up, and gives back what they had when they are down."""

    def __init__(self, node: Node) -> None:
        self._node = node

    async def start(self, container: Container) -> Process:
        """The main process, running. Raises LaunchFailed and ApiError; then ``undo`` it."""
        await self._prepare(container)
        tell_mounted(self._node, container)
        return await self._launch(container)

    async def undo(self, container: Container) -> None:
        """Give back what a start had taken when it failed."""
        await self.release(container)
        self._node.cgroups.remove(container.id)
        # Who is attached, or waits, must not wait for what will not come.
        await self.finish_streams(container)

    async def release(self, container: Container) -> None:
        """Give back all that a start had taken."""
        await self.release_network(container)
        await self.release_mounts(container)

    async def release_network(self, container: Container) -> None:
        """Give its addresses and ports back: whoever is told of its end may take them."""
        sandbox, container.sandbox = container.sandbox, None
        container.published = {}
        if sandbox is not None:
            await self._node.networks.release(sandbox)

    async def release_mounts(self, container: Container) -> None:
        """Let the kernel take its mounts down, which takes tens of milliseconds."""
        if container.mounts_held is not None:
            # Who waits for the container's end is answered first.
            await asyncio.sleep(LET_GO_S)
            held, container.mounts_held = container.mounts_held, None
            await asyncio.to_thread(os.close, held)
        if container.has_shm:
            container.has_shm = False
            with contextlib.suppress(OSError):
                await asyncio.to_thread(unmount_shm, container.folder / "shm")

    async def finish_streams(self, container: Container) -> None:
        """Take the last of its output, and let go who was attached."""
        await finish_streams(container.readers, container.stdin)
        container.readers, container.stdin = [], None
        if container.log is not None:
            container.log.close()
        for taker in container.attached:
            closing = getattr(taker, "finish", None)
            if closing is not None:
                closing()
        container.attached.clear()

    async def _prepare(self, container: Container) -> None:
        for one in container.placed:
            if one.point.kind == "bind":
                ensure_source(one.point, one.source)
        if container.host["IpcMode"] == "shareable":
            _mount_shm(container)
        await self._connect(container)

    async def _connect(self, container: Container) -> None:
        node = self._node
        if container.donor("NetworkMode") is not None:
            return
        if container.network_mode != "host":
            container.sandbox = await node.networks.connect_sandbox(
                container.id, container.name, attachments(container)
            )
            wanted = wanted_ports(container)
            if wanted:
                ports = await node.networks.publish(container.sandbox, wanted)
                container.published = {port: list(places) for port, places in ports.items()}
        write_files(node, container)

    async def _launch(self, container: Container) -> Process:
        node, loop = self._node, self._node.loop
        descriptors = Descriptors()
        container.cgroup_files = node.cgroups.make(container.id, container.host)
        launch = plan_launch(node, container, descriptors, files_before_exec(container))
        ours: list[int] = []
        theirs: list[int] = []
        stdio: list[int | None] = [None, None, None]
        try:
            if not container.tty:
                if container.config["OpenStdin"]:
                    reading, writing = os.pipe2(os.O_CLOEXEC)
                    theirs.append(reading)
                    ours.append(writing)
                    stdio[0] = descriptors.add(reading)
                for stream in (1, 2):
                    reading, writing = os.pipe2(os.O_CLOEXEC)
                    ours.append(reading)
                    theirs.append(writing)
                    stdio[stream] = descriptors.add(writing)
            process = await node.keeper.launch(replace(launch, stdio=stdio), descriptors.all)
        except BaseException:
            for descriptor in ours:
                os.close(descriptor)
            raise
        finally:
            for descriptor in theirs:
                os.close(descriptor)
        container.process = process
        place_later(container, process.pid)
        with contextlib.suppress(OSError):
            # Held: or else its end would wait until the kernel has taken all its mounts down.
            container.mounts_held = process.take_mounts()
            container.mount_namespace = os.fstat(container.mounts_held).st_ino
        if container.log is not None:
            container.log.open()
        if process.terminal is not None:
            container.readers = [Reader(loop, process.terminal, Stream.STDOUT, container.takers)]
            container.stdin = Writer.to_terminal(loop, process.terminal)
        else:
            if container.config["OpenStdin"]:
                container.stdin = Writer(loop, ours.pop(0))
            container.readers = [
                Reader(loop, descriptor, stream, container.takers)
                for descriptor, stream in zip(ours, (Stream.STDOUT, Stream.STDERR), strict=True)
            ]
        waiting, container.waiting_input = container.waiting_input, None
        if waiting is not None and container.stdin is not None:
            waiting[0].feed(container.stdin, close_at_end=waiting[1])
        state = container.state
        state.status, state.pid = Status.RUNNING, process.pid
        state.exit_code, state.error, state.oom_killed = 0, "", False
        state.started_ns, state.finished_ns = time.time_ns(), 0
        node.events.publish("container", "start", container.id, container.attributes())
        return process


def _mount_shm(container: Container) -> None:
    """Where others may share its IPC namespace, they share its /dev/shm as well."""
    shm = container.folder / "shm"
    try:
        shm.mkdir(exist_ok=True)
        mount_shm(shm, container.host["ShmSize"])
    except OSError as error:
        raise ServerError(f"cannot mount /dev/shm: {error.strerror}") from error
    container.has_shm = True


def attachments(container: Container) -> Sequence[Attachment]:
    """The networks that a container wants, the one of its mode first."""
    wanted = container.wanted_networks()
    if "none" in wanted or container.config.get("NetworkDisabled"):
        return ()
    made = []
    for name, own in wanted.items():
        made.append(
            Attachment(
                name,
                tuple(own.get("Aliases") or ()),
                (own.get("IPAMConfig") or {}).get("IPv4Address") or None,
                own.get("MacAddress") or container.config.get("MacAddress") or None,
                container.config["Hostname"],
            )
        )
    return made


def wanted_ports(container: Container) -> dict[str, list[tuple[str, int | None]]]:
    """Ports to publish, by ``8080/tcp``. Raises BadParameter."""
    wanted: dict[str, list[tuple[str, int | None]]] = {}
    for port, places in (container.host["PortBindings"] or {}).items():
        for place in places or [{}]:
            number = str(place.get("HostPort") or "")
            if number and not number.isdecimal():
                raise BadParameter(f"Invalid port specification: {number!r}")
            address = place.get("HostIp") or ""
            wanted.setdefault(port, []).append((address, int(number) if number else None))
    if container.host["PublishAllPorts"]:
        for port in container.config["ExposedPorts"]:
            wanted.setdefault(port, [("", None)])
    return wanted

"""Files of containers: archive (docker cp), changes (docker diff), export."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
from dataclasses import replace
from typing import Any, Final

from aiohttp import web

from pausedemo.embedded.api.requests import query_bool
from pausedemo.embedded.containers.changes import changes
from pausedemo.embedded.containers.container import Container
from pausedemo.embedded.containers.launching import Descriptors, base_folder, plan_still_root
from pausedemo.embedded.containers.node import Node
from pausedemo.embedded.errors import ApiError, BadParameter, Conflict, NotFound, ServerError
from pausedemo.embedded.keeper.client import LaunchFailed, Process
from pausedemo.embedded.keeper.launch import Launch, Tool
from pausedemo.embedded.kernel.syscalls import Namespace

CHUNK_BYTES: Final = 256 * 1024
_ERRORS: Final[dict[int, type[ApiError]]] = {
    400: BadParameter,
    404: NotFound,
    409: Conflict,
}


class FilesApi:
    """Handlers that read and write a container's files, from a process inside it."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def routes(self) -> list[web.RouteDef]:
        """Paths without a version."""
        return [
            web.get("/containers/{id}/archive", self.get, allow_head=False),
            web.head("/containers/{id}/archive", self.head),
            web.put("/containers/{id}/archive", self.put),
            web.get("/containers/{id}/changes", self.changes),
            web.get("/containers/{id}/export", self.export),
        ]

    async def head(self, request: web.Request) -> web.Response:
        return web.Response(headers=await self._stat(request))

    async def get(self, request: web.Request) -> web.StreamResponse:
        headers = await self._stat(request)
        container = self._find(request)
        arguments = {"path": _path(request), "container": request.match_info["id"]}
        self._node.tell("archive-path", container)
        return await self._send(request, container, "pack_files", arguments, headers)

    async def export(self, request: web.Request) -> web.StreamResponse:
        container = self._find(request)
        self._node.tell("export", container)
        return await self._send(request, container, "pack_root", {}, {})

    async def put(self, request: web.Request) -> web.Response:
        container = self._find(request)
        arguments = {
            "path": _path(request),
            "container": request.match_info["id"],
            "no_overwrite_dir_non_dir": query_bool(request, "noOverwriteDirNonDir"),
            "keep_owners": not self._node.platform.single_id,
            "readonly_root": container.host["ReadonlyRootfs"],
            "mounts": {one.point.destination: not one.point.readonly for one in container.placed},
        }
        async with self._running(container, "unpack_files", arguments) as tool:
            try:
                async for chunk in request.content.iter_chunked(CHUNK_BYTES):
                    await tool.write(chunk)
            except (BrokenPipeError, ConnectionResetError):
                # It has ended before its input: its own words tell why. The rest is read away.
                async for _ in request.content.iter_chunked(CHUNK_BYTES):
                    pass
            tool.close_input()
            await tool.check()
        self._node.tell("extract-to-dir", container)
        return web.Response(status=200)

    async def changes(self, request: web.Request) -> web.Response:
        container = self._find(request)
        lowers = [*container.image.layer_dirs(), base_folder(self._node.folder)]
        found = await asyncio.to_thread(changes, container.folder / "upper", lowers)
        return web.json_response(found)

    async def _stat(self, request: web.Request) -> dict[str, str]:
        container = self._find(request)
        arguments = {"path": _path(request), "container": request.match_info["id"]}
        async with self._running(container, "stat_file", arguments) as tool:
            tool.close_input()
            told = await tool.read()
            await tool.check()
        return {"X-Docker-Container-Path-Stat": base64.b64encode(told).decode()}

    async def _send(
        self,
        request: web.Request,
        container: Container,
        name: str,
        arguments: dict[str, Any],
        headers: dict[str, str],
    ) -> web.StreamResponse:
        async with self._running(container, name, arguments) as tool:
            tool.close_input()
            first = await tool.read_some()
            if not first:
                await tool.check()
            response = web.StreamResponse(headers={"Content-Type": "application/x-tar", **headers})
            await response.prepare(request)
            while first:
                await response.write(first)
                first = await tool.read_some()
            await tool.check()
        return response

    @contextlib.asynccontextmanager
    async def _running(self, container: Container, name: str, arguments: dict[str, Any]) -> Any:
        """A function of ours in the container's root: in its own mounts when it runs."""
        descriptors = Descriptors()
        root, joins, new, join_pid = None, [], 0, None
        if container.process is not None:
            position = descriptors.add(container.process.pidfd)
            joins = [(position, int(Namespace.MOUNT))]
        else:
            root, new = plan_still_root(self._node, container), int(Namespace.MOUNT | Namespace.PID)
        launch = Launch(
            new=new, join_pid=join_pid, joins=joins, root=root, tool=Tool(name, arguments)
        )
        opening = asyncio.ensure_future(_RunningTool.open(self._node, launch, descriptors))
        try:
            tool = await asyncio.shield(opening)
        except asyncio.CancelledError:
            # The client has gone while the tool came up: it is there soon, and nobody's then.
            opening.add_done_callback(_close_opened)
            raise
        try:
            yield tool
        finally:
            await asyncio.shield(asyncio.ensure_future(tool.close()))

    def _find(self, request: web.Request) -> Container:
        return self._node.containers.find(request.match_info["id"])


class _RunningTool:
    """A function in its process, with pipes to it."""

    def __init__(
        self,
        process: Process,
        writer: asyncio.StreamWriter,
        reader: asyncio.StreamReader,
        errors: asyncio.StreamReader,
        transports: list[asyncio.BaseTransport],
    ) -> None:
        self._process = process
        self._writer = writer
        self._reader = reader
        self._errors = errors
        self._transports = transports

    @classmethod
    async def open(cls, node: Node, launch: Launch, descriptors: Descriptors) -> _RunningTool:
        pipes = [os.pipe2(os.O_CLOEXEC) for _ in range(3)]
        theirs = [pipes[0][0], pipes[1][1], pipes[2][1]]
        ours = [pipes[0][1], pipes[1][0], pipes[2][0]]
        stdio: list[int | None] = [descriptors.add(one) for one in theirs]
        try:
            process = await node.keeper.launch(replace(launch, stdio=stdio), descriptors.all)
        except LaunchFailed as failed:
            for one in ours:
                os.close(one)
            raise ServerError(f"cannot look into the container: {failed.text}") from failed
        finally:
            for one in theirs:
                os.close(one)
        loop = node.loop
        transports: list[asyncio.BaseTransport] = []
        readers = []
        for number in ours[1:]:
            reader, transport = await _open_reader(loop, number)
            transports.append(transport)
            readers.append(reader)
        out, flow = await loop.connect_write_pipe(
            lambda: asyncio.streams.FlowControlMixin(loop=loop), os.fdopen(ours[0], "wb", 0)
        )
        transports.append(out)
        writer = asyncio.StreamWriter(out, flow, None, loop)
        return cls(process, writer, readers[0], readers[1], transports)

    async def write(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    def close_input(self) -> None:
        self._writer.close()

    async def read(self) -> bytes:
        return await self._reader.read()

    async def read_some(self) -> bytes:
        return await self._reader.read(CHUNK_BYTES)

    async def check(self) -> None:
        """Raises what the function told when it failed."""
        code = await self._process.ended
        if code == 0:
            return
        told = (await self._errors.read()).decode(errors="replace")
        try:
            record = json.loads(told)
            error = _ERRORS.get(record["status"], ServerError)
            text = str(record["message"])
        except (ValueError, KeyError, TypeError):
            error, text = ServerError, told or f"ended with {code}"
        raise error(text)

    async def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(9)
        await self._process.ended
        self._process.close()
        for transport in self._transports:
            transport.close()


async def _open_reader(
    loop: asyncio.AbstractEventLoop, descriptor: int
) -> tuple[asyncio.StreamReader, asyncio.BaseTransport]:
    reader = asyncio.StreamReader(loop=loop)
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader, loop=loop), os.fdopen(descriptor, "rb", 0)
    )
    return reader, transport


def _close_opened(opening: asyncio.Future[_RunningTool]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        task = asyncio.ensure_future(opening.result().close())
        _closing.add(task)
        task.add_done_callback(_closing.discard)


#: The loop holds its tasks weakly.
_closing: Final[set[asyncio.Future[None]]] = set()


def _path(request: web.Request) -> str:
    path = request.query.get("path") or ""
    if not path:
        raise BadParameter("bad parameter: path cannot be empty")
    if "\0" in path:
        raise BadParameter("bad parameter: a path has no null byte")
    return path

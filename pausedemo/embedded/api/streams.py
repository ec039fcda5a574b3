"""Attach, logs and exec: the endpoints whose answer is a process's output."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import struct
import time
from contextlib import aclosing
from typing import Any, Final

from aiohttp import web

from pausedemo.embedded.api.hijack import RawStream, hijack, leave
from pausedemo.embedded.api.requests import API, query_bool, query_int, read_json
from pausedemo.embedded.containers.container import Container
from pausedemo.embedded.containers.detaching import parse_keys
from pausedemo.embedded.containers.exec import describe_failure
from pausedemo.embedded.containers.execs import Execs
from pausedemo.embedded.containers.life import Lives
from pausedemo.embedded.containers.node import Node
from pausedemo.embedded.containers.shapes import EXEC_START, check_shape
from pausedemo.embedded.containers.streams import Stream, Writer
from pausedemo.embedded.errors import ApiError, BadParameter, Conflict, ServerError
from pausedemo.embedded.keeper.client import LaunchFailed
from pausedemo.embedded.moments import parse_moment
from pausedemo.embedded.times import render_time

_STREAMS: Final = {"stdout": Stream.STDOUT, "stderr": Stream.STDERR}


class StreamsApi:
    """Handlers that carry output and input."""

    def __init__(self, node: Node, lives: Lives, execs: Execs) -> None:
        self._node = node
        self._lives = lives
        self._execs = execs

    def routes(self) -> list[web.RouteDef]:
        """Paths without a version."""
        return [
            web.post("/containers/{id}/attach", self.attach),
            web.get("/containers/{id}/logs", self.logs),
            web.post("/containers/{id}/resize", self.resize),
            web.post("/containers/{id}/exec", self.create_exec),
            web.post("/exec/{id}/start", self.start_exec),
            web.post("/exec/{id}/resize", self.resize_exec),
            web.get("/exec/{id}/json", self.inspect_exec),
        ]

    async def attach(self, request: web.Request) -> web.StreamResponse:
        text = request.query.get("detachKeys") or ""
        try:
            keys = parse_keys(text)
        except ValueError as error:
            raise BadParameter(f"Invalid detach keys ({text}) provided") from error
        container = self._find(request)
        state = container.state
        if str(state.status) == "paused":
            raise Conflict(
                f"Container {container.id} is paused, unpause the container before attach."
            )
        if str(state.status) == "restarting":
            raise Conflict(
                f"Container {container.id} is restarting, wait until the container is running"
            )
        wanted = {stream for name, stream in _STREAMS.items() if query_bool(request, name)}
        follow = query_bool(request, "stream")
        stream = _Chosen(self._node.loop, wanted, framed=not container.tty)
        has_input = follow and query_bool(request, "stdin") and container.config["OpenStdin"]
        if has_input and container.tty:
            stream.watch(keys, lambda: self._node.tell("detach", container))
        await hijack(request, stream, raw=container.tty)
        if query_bool(request, "logs") and container.log is not None:
            async with aclosing(container.log.read()) as entries:
                async for entry in entries:
                    stream.take(_STREAMS[entry.stream], entry.data)
        self._node.tell("attach", container)
        if follow:
            container.attached.append(stream)
            if has_input:
                once = container.config["StdinOnce"] and not container.tty
                await self._feed(container, stream, once=once)
        else:
            stream.finish()
        try:
            return await leave(request, stream)
        finally:
            with contextlib.suppress(ValueError):
                container.attached.remove(stream)

    async def _feed(self, container: Container, stream: RawStream, *, once: bool) -> None:
        """Give the stream's input to the container, which may start only later."""
        if container.stdin is not None:
            stream.feed(container.stdin, close_at_end=once)
        else:
            container.waiting_input = (stream, once)

    async def logs(self, request: web.Request) -> web.StreamResponse:
        container = self._find(request)
        stdout, stderr = query_bool(request, "stdout"), query_bool(request, "stderr")
        if not (stdout or stderr):
            raise BadParameter("Bad parameters: you must choose at least one stream")
        if container.log is None:
            raise ServerError("configured logging driver does not support reading")
        now = time.time_ns()
        since, until = (
            parse_moment(text, now) if text not in (None, "", "0") else 0
            for text in (request.query.get("since"), request.query.get("until"))
        )
        tail_text = request.query.get("tail") or "all"
        tail = int(tail_text) if tail_text.isdecimal() else None
        stamps = query_bool(request, "timestamps")
        kind = "raw" if container.tty or request[API] < (1, 42) else "multiplexed"
        response = web.StreamResponse(
            headers={"Content-Type": f"application/vnd.docker.{kind}-stream"}
        )
        await response.prepare(request)
        reading = container.log.read(
            tail=tail,
            since_ns=since,
            until_ns=until,
            follow=query_bool(request, "follow"),
            stdout=stdout,
            stderr=stderr,
        )
        gathered = bytearray()
        async with aclosing(reading) as entries:
            async for entry in entries:
                data = entry.data
                if stamps:
                    data = render_time(entry.time_ns, fixed=True).encode() + b" " + data
                if not container.tty:
                    data = struct.pack(">BxxxL", _STREAMS[entry.stream], len(data)) + data
                gathered += data
                await response.write(bytes(gathered))
                gathered.clear()
        return response

    async def resize(self, request: web.Request) -> web.Response:
        container = self._find(request)
        if container.process is None:
            raise Conflict(f"Container {container.id} is not running")
        _resize(container.stdin, request)
        attributes = container.attributes()
        self._node.events.publish("container", "resize", container.id, attributes)
        return web.Response(status=200)

    async def create_exec(self, request: web.Request) -> web.Response:
        made = self._execs.create(self._find(request), await read_json(request))
        return web.json_response({"Id": made.id}, status=201)

    async def start_exec(self, request: web.Request) -> web.StreamResponse:
        one = self._execs.find(request.match_info["id"])
        body = await read_json(request)
        check_shape(body, EXEC_START)
        # The framing follows the start's word, as with dockerd.
        tty, size = bool(body.get("Tty")), body.get("ConsoleSize")
        self._execs.check_startable(one)
        if body.get("Detach"):
            try:
                await self._execs.start(one, None, tty=one.tty)
            except LaunchFailed as failed:
                raise BadParameter(describe_failure(failed)) from failed
            return web.Response(status=200)
        stream = RawStream(self._node.loop, framed=not tty)
        if one.tty:
            stream.watch(one.detach_keys, lambda: self._execs.detach(one, stream))
        if size and (len(size) != 2 or not all(0 <= one < 65536 for one in size)):
            raise BadParameter(f"invalid value for ConsoleSize: {size}")
        await hijack(request, stream, raw=tty)
        try:
            await self._execs.start(one, stream, tty=one.tty, size=tuple(size) if size else None)
        except LaunchFailed as failed:
            stream.take(Stream.STDOUT, f"{describe_failure(failed)}\r\n".encode())
        except ApiError as error:
            stream.take(Stream.STDOUT, f"{error.message}\r\n".encode())
        else:
            if one.writer is not None:
                stream.feed(one.writer, close_at_end=not one.tty)
            await _wait_either(asyncio.ensure_future(one.finished.wait()), stream.closed)
        stream.finish()
        return await leave(request, stream)

    async def resize_exec(self, request: web.Request) -> web.Response:
        one = self._execs.find(request.match_info["id"])
        if one.process is None:
            raise Conflict(f"exec {one.id} is not running")
        _resize(one.writer, request)
        return web.Response(status=201)

    async def inspect_exec(self, request: web.Request) -> web.Response:
        one = self._execs.find(request.match_info["id"])
        return web.json_response(
            {
                "ID": one.id,
                "Running": one.running,
                "ExitCode": one.exit_code,
                "ProcessConfig": {
                    "tty": one.tty,
                    "entrypoint": one.argv[0],
                    "arguments": one.argv[1:],
                    "privileged": one.privileged,
                    "user": one.user,
                },
                "OpenStdin": one.stdin,
                "OpenStderr": Stream.STDERR in one.outputs,
                "OpenStdout": Stream.STDOUT in one.outputs,
                "CanRemove": False,
                "ContainerID": one.container.id,
                "DetachKeys": base64.b64encode(one.detach_keys).decode(),
                "Pid": one.process.pid if one.process is not None else 0,
            }
        )

    def _find(self, request: web.Request) -> Container:
        return self._node.containers.find(request.match_info["id"])


class _Chosen(RawStream):
    """A stream that takes only what the request asked for."""

    def __init__(self, loop: Any, wanted: set[Stream], *, framed: bool) -> None:
        super().__init__(loop, framed=framed)
        self._wanted = wanted

    def take(self, stream: Stream, data: bytes) -> None:
        if stream in self._wanted:
            super().take(stream, data)


async def _wait_either(first: asyncio.Future[Any], second: asyncio.Future[Any]) -> None:
    """The first is not needed any more then."""
    try:
        await asyncio.wait([first, second], return_when=asyncio.FIRST_COMPLETED)
    finally:
        first.cancel()


def _resize(terminal: Writer | None, request: web.Request) -> None:
    rows, columns = query_int(request, "h", 0), query_int(request, "w", 0)
    if not (0 <= rows < 65536 and 0 <= columns < 65536):
        raise BadParameter("a terminal has 0 to 65535 rows and columns")
    if terminal is not None:
        terminal.resize(rows, columns)

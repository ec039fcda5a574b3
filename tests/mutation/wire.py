"""An engine of bytes: it expects some, says some, and what a client and it have heard is kept."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mutation.mutant import TRUTH, Mutation
from mutation.proxy import Proxy
from mutation.scene import Scene

DEADLINE_S: Final = 30


@dataclass(frozen=True, slots=True)
class Script:
    """One exchange. ``engine_ends``: the engine closes after it has said its part.

    ``late`` is what the client says, and ``echo`` what the engine answers, after a reply that
    took the connection over.
    """

    name: str
    request: bytes
    reply: bytes
    engine_ends: bool = False
    late: bytes = b""
    echo: bytes = b""


@dataclass(slots=True)
class Heard:
    """What came through: at the engine and back at the client, all bytes in order."""

    by_engine: bytes = b""
    by_client: bytes = b""


def in_one(data: bytes) -> Iterator[bytes]:
    yield data


def byte_by_byte(data: bytes) -> Iterator[bytes]:
    for index in range(len(data)):
        yield data[index : index + 1]


def play(
    scripts: list[Script],
    cut: Callable[[bytes], Iterator[bytes]] = in_one,
    mutation: Mutation = TRUTH,
    *,
    together: bool = False,
    exact: bool = True,
) -> Heard:
    """Put requests through a proxy on one connection, each when the reply before is there.

    ``together``: all requests are said first. Not ``exact``: of one request and reply, whose
    lengths a lie may change; the engine hears until it has heard a whole JSON body, or all.
    """
    playing = _play(scripts, cut, mutation, together) if exact else _play_lie(scripts[0], mutation)
    return asyncio.run(asyncio.wait_for(playing, DEADLINE_S))


async def _play_lie(script: Script, mutation: Mutation) -> Heard:
    heard = Heard()

    async def engine(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer):
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
            body = await reader.readexactly(int(length[1]) if length else 0)
            heard.by_engine += head + body
            writer.write(script.reply)
            await writer.drain()

    with _sockets() as (engine_socket, proxy_socket):
        server = await asyncio.start_unix_server(engine, engine_socket)
        proxy = Proxy(proxy_socket, Scene(str(engine_socket)), mutation)
        async with server, proxy.serve():
            reader, writer = await asyncio.open_unix_connection(proxy_socket)
            with contextlib.closing(writer):
                writer.write(script.request)
                writer.write_eof()
                heard.by_client += await reader.read()
        proxy.check()
    return heard


@contextlib.contextmanager
def _sockets() -> Iterator[tuple[Path, Path]]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name, "engine.sock"), Path(name, "proxy.sock")


async def _play(
    scripts: list[Script],
    cut: Callable[[bytes], Iterator[bytes]],
    mutation: Mutation,
    together: bool,
) -> Heard:
    heard = Heard()
    parts = iter(scripts)

    async def engine(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        script = next(parts)
        with contextlib.closing(writer):
            heard.by_engine += await reader.readexactly(len(script.request))
            await _say(writer, script.reply, cut)
            if script.late:
                heard.by_engine += await reader.readexactly(len(script.late))
                await _say(writer, script.echo, cut)
            if not script.engine_ends:
                # As a keep-alive connection: it is the other side that closes.
                heard.by_engine += await reader.read()

    with _sockets() as (engine_socket, proxy_socket):
        server = await asyncio.start_unix_server(engine, engine_socket)
        proxy = Proxy(proxy_socket, Scene(str(engine_socket)), mutation)
        async with server, proxy.serve():
            reader, writer = await asyncio.open_unix_connection(proxy_socket)
            with contextlib.closing(writer):
                if together:
                    await _say(writer, b"".join(script.request for script in scripts), cut)
                for script in scripts:
                    if not together:
                        await _say(writer, script.request, cut)
                    heard.by_client += await reader.readexactly(len(script.reply))
                    if script.late:
                        await _say(writer, script.late, cut)
                        heard.by_client += await reader.readexactly(len(script.echo))
                if scripts[-1].engine_ends:
                    heard.by_client += await reader.read()
        proxy.check()
    return heard


async def _say(
    writer: asyncio.StreamWriter, data: bytes, cut: Callable[[bytes], Iterator[bytes]]
) -> None:
    # The kernel must not put the pieces together again.
    sock = writer.get_extra_info("socket")
    assert sock.family == socket.AF_UNIX
    for piece in cut(data):
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(0)

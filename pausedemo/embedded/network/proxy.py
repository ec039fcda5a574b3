"""Published ports: connections to the host's port are carried on into the container, in asyncio.

What dockerd leaves to docker-proxy. ``Dial`` gives an unconnected socket from which containers can
be reached: rootless that is one of the node namespace.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from typing import Any, Final

Dial = Callable[[socket.SocketKind], Awaitable[socket.socket]]
Address = tuple[str, int]

_CHUNK: Final = 1 << 16
_CONNECT_S: Final = 10
_IDLE_S: Final = 90  # docker-proxy's UDPConnTrackTimeout
_MOST_FLOWS: Final = 1024
_MOST_WAITING: Final = 64


def listen(protocol: str, host: str, port: int) -> socket.socket:
    """A bound socket in the host's namespace, ``protocol`` tcp or udp. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    listener = socket.socket(family, kind | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
    try:
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if kind == socket.SOCK_STREAM:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        if kind == socket.SOCK_STREAM:
            listener.listen(1024)
    except BaseException:
        listener.close()
        raise
    return listener


class TcpProxy:
    """Carries every connection to ``listener`` on to ``target``, each direction to its own end."""

    def __init__(self, target: Address, dial: Dial) -> None:
        self._target = target
        self._dial = dial
        self._server: asyncio.Server | None = None
        self._carried: set[asyncio.Task[None]] = set()

    async def start(self, listener: socket.socket) -> None:
        self._server = await asyncio.start_server(self._accept, sock=listener, limit=_CHUNK)

    def close(self) -> None:
        """Stop listening and cut all connections."""
        if self._server is not None:
            self._server.close()
        for task in self._carried:
            task.cancel()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._carry(reader, writer))
        self._carried.add(task)
        task.add_done_callback(self._carried.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_writer: asyncio.StreamWriter | None = None
        try:
            async with asyncio.timeout(_CONNECT_S):
                far_reader, far_writer = await self._connect()
            async with asyncio.TaskGroup() as group:
                group.create_task(_pump(reader, far_writer))
                group.create_task(_pump(far_reader, writer))
        except* (OSError, asyncio.CancelledError):
            pass  # an end has gone, or the port is closed: both ends learn it by the close below
        finally:
            for one in (writer, far_writer):
                if one is not None:
                    one.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        outgoing = await self._dial(socket.SOCK_STREAM)
        try:
            outgoing.setblocking(False)
            await asyncio.get_running_loop().sock_connect(outgoing, self._target)
            return await asyncio.open_connection(sock=outgoing, limit=_CHUNK)
        except BaseException:
            outgoing.close()
            raise


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(_CHUNK):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        with contextlib.suppress(OSError):
            writer.write_eof()


class UdpProxy(asyncio.DatagramProtocol):
    """Carries datagrams on to ``target``, and its answers back to whoever asked, for 90 s."""

    _transport: asyncio.DatagramTransport | None = None

    def __init__(self, target: Address, dial: Dial) -> None:
        self._target = target
        self._dial = dial
        self._flows: dict[Any, _Flow] = {}

    async def start(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, sock=listener)

    def close(self) -> None:
        """Stop listening and forget all askers."""
        if self._transport is not None:
            self._transport.close()
        for flow in tuple(self._flows.values()):
            flow.close()

    def datagram_received(self, data: bytes, addr: Any) -> None:
        flow = self._flows.get(addr)
        if flow is None:
            if len(self._flows) >= _MOST_FLOWS:
                next(iter(self._flows.values())).close()
            flow = self._flows[addr] = _Flow(self, addr)
            flow.open(self._dial, self._target)
        flow.send(data)

    def answer(self, data: bytes, asker: Any) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(data, asker)

    def forget(self, asker: Any) -> None:
        self._flows.pop(asker, None)


class _Flow(asyncio.DatagramProtocol):
    """One asker's socket towards the container."""

    _transport: asyncio.DatagramTransport | None = None

    def __init__(self, proxy: UdpProxy, asker: Any) -> None:
        self._proxy = proxy
        self._asker = asker
        self._waiting: list[bytes] = []
        self._loop = asyncio.get_running_loop()
        self._used = self._loop.time()
        self._expiry = self._loop.call_later(_IDLE_S, self._expire)

    def open(self, dial: Dial, target: Address) -> None:
        self._opening = self._loop.create_task(self._open(dial, target))

    def send(self, data: bytes) -> None:
        self._used = self._loop.time()
        if self._transport is not None:
            self._transport.sendto(data)
        elif len(self._waiting) < _MOST_WAITING:
            self._waiting.append(data)

    def close(self) -> None:
        self._expiry.cancel()
        self._opening.cancel()
        self._proxy.forget(self._asker)
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, addr: Any) -> None:  # noqa: ARG002
        self._used = self._loop.time()
        self._proxy.answer(data, self._asker)

    async def _open(self, dial: Dial, target: Address) -> None:
        outgoing: socket.socket | None = None
        try:
            outgoing = await dial(socket.SOCK_DGRAM)
            outgoing.setblocking(False)
            outgoing.connect(target)
            self._transport, _ = await self._loop.create_datagram_endpoint(
                lambda: self, sock=outgoing
            )
        except OSError:  # the container's network is gone: datagrams may be lost
            self._proxy.forget(self._asker)
        finally:
            if self._transport is None and outgoing is not None:
                outgoing.close()
        if self._transport is not None:
            for data in self._waiting:
                self._transport.sendto(data)
        self._waiting.clear()

    def _expire(self) -> None:
        left = self._used + _IDLE_S - self._loop.time()
        if left > 0:
            self._expiry = self._loop.call_later(left, self._expire)
        else:
            self.close()

"""The name server at 127.0.0.11 in a sandbox on a user network.

Its sockets belong to the sandbox's namespace, the loop that serves them to the engine. Names of
containers are answered here, as dockerd does (libnetwork resolver.go); everything else goes to the
host's resolvers, from the host's namespace. Unlike dockerd's it holds port 53 itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from typing import Any, Final

from dnslib import PTR, QTYPE, RCODE, RR, A, DNSError, DNSRecord  # type: ignore[import-untyped]

from pausedemo.embedded.network.model import Sandbox
from pausedemo.embedded.network.names import Names, parse_reverse

ADDRESS: Final = "127.0.0.11"
_PORT: Final = 53
_TTL_S: Final = 600
_FORWARD_S: Final = 4
_IDLE_S: Final = 10
_DATAGRAM: Final = 512
_MOST_FORWARDED: Final = 100
"""Questions on their way to the host's resolvers at one time, as dockerd's maxConcurrent."""


def make_sockets() -> tuple[socket.socket, socket.socket]:
    """The UDP and the listening TCP socket, in the calling thread's network namespace."""
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
    try:
        streams = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        try:
            datagrams.bind((ADDRESS, _PORT))
            streams.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            streams.bind((ADDRESS, _PORT))
            streams.listen(64)
        except BaseException:
            streams.close()
            raise
    except BaseException:
        datagrams.close()
        raise
    return datagrams, streams


class NameServer(asyncio.DatagramProtocol):
    """Answers the questions of one sandbox."""

    _transport: asyncio.DatagramTransport | None = None
    _server: asyncio.Server | None = None

    def __init__(
        self, sandbox: Sandbox, names: Names, upstreams: Callable[[], tuple[str, ...]]
    ) -> None:
        """``upstreams`` gives the addresses of the resolvers for foreign names."""
        self._sandbox = sandbox
        self._names = names
        self._upstreams = upstreams
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, datagrams: socket.socket, streams: socket.socket) -> None:
        """Serve both sockets, which are closed with this server."""
        loop = asyncio.get_running_loop()
        try:
            datagrams.setblocking(False)
            self._transport, _ = await loop.create_datagram_endpoint(lambda: self, sock=datagrams)
            self._server = await asyncio.start_server(self._accept, sock=streams)
        except BaseException:
            datagrams.close()
            streams.close()
            self.close()
            raise

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()

    def datagram_received(self, data: bytes, addr: Any) -> None:
        answer = self.answer(data)
        if answer is not None:
            self._send(compute_datagram(data, answer), addr)
        elif len(self._tasks) < _MOST_FORWARDED:
            self._spawn(self._answer_later(data, addr))

    def answer(self, data: bytes) -> bytes | None:
        """The answer to a question about containers, b"" to what is none; None: ask others."""
        try:
            question = DNSRecord.parse(data)
        except (DNSError, ValueError, IndexError, struct.error):
            return b""
        if question.header.qr or len(question.questions) != 1:
            return b""
        name, kind = str(question.q.qname), QTYPE.get(question.q.qtype)
        reply = question.reply(aa=0)
        if kind == "PTR" and parse_reverse(name):
            owner = self._names.name_of(self._sandbox, name)
            if owner is None:
                return None
            reply.add_answer(RR(question.q.qname, QTYPE.PTR, rdata=PTR(owner), ttl=_TTL_S))
            return bytes(reply.pack())
        addresses = self._names.addresses(self._sandbox, name)
        if not addresses:
            return None
        if kind == "A":
            for address in addresses:
                reply.add_answer(RR(question.q.qname, QTYPE.A, rdata=A(address), ttl=_TTL_S))
        return bytes(reply.pack())  # AAAA and others of a container: no error, no data

    async def _answer_later(self, data: bytes, asker: Any) -> None:
        self._send(await self._forward(data, socket.SOCK_DGRAM), asker)

    def _send(self, answer: bytes, asker: Any) -> None:
        if answer and self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(answer, asker)

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._spawn(self._serve_stream(reader, writer))

    async def _serve_stream(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        # The other side may hang up, or say nothing: then the connection ends without a word.
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
            try:
                while True:
                    async with asyncio.timeout(_IDLE_S):
                        data = await _read_message(reader)
                    answer = self.answer(data)
                    if answer is None:
                        answer = await self._forward(data, socket.SOCK_STREAM)
                    if not answer:
                        return
                    writer.write(struct.pack("!H", len(answer)) + answer)
                    await writer.drain()
            finally:
                writer.close()

    async def _forward(self, data: bytes, kind: socket.SocketKind) -> bytes:
        for upstream in self._upstreams():
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
                async with asyncio.timeout(_FORWARD_S):
                    return await _ask(data, upstream, kind)
        reply = DNSRecord.parse(data).reply(aa=0)
        reply.header.rcode = RCODE.SERVFAIL
        return bytes(reply.pack())


def compute_datagram(question: bytes, answer: bytes) -> bytes:
    """``answer``, or when it is too long for the asker its head, which says to ask by TCP.

    The asker takes 512 bytes, or what it says (RFC 6891).
    """
    if len(answer) <= _DATAGRAM:
        return answer
    asked = DNSRecord.parse(question)
    sizes = [one.rclass for one in asked.ar if one.rtype == QTYPE.OPT]
    if len(answer) <= max(sizes, default=_DATAGRAM):
        return answer
    head = asked.reply(aa=0)
    head.header.tc = 1
    return bytes(head.pack())


async def _ask(data: bytes, upstream: str, kind: socket.SocketKind) -> bytes:
    loop = asyncio.get_running_loop()
    if kind == socket.SOCK_STREAM:
        reader, writer = await asyncio.open_connection(upstream, _PORT)
        try:
            writer.write(struct.pack("!H", len(data)) + data)
            return await _read_message(reader)
        finally:
            writer.close()
    family = socket.AF_INET6 if ":" in upstream else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as outgoing:
        outgoing.setblocking(False)
        await loop.sock_connect(outgoing, (upstream, _PORT))
        await loop.sock_sendall(outgoing, data)
        while True:  # bounded by the caller's timeout
            answer = await loop.sock_recv(outgoing, 1 << 16)
            if answer[:2] == data[:2]:
                return answer


async def _read_message(reader: asyncio.StreamReader) -> bytes:
    (length,) = struct.unpack("!H", await reader.readexactly(2))
    return await reader.readexactly(length)

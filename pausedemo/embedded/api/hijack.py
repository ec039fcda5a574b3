"""A connection that stops being HTTP: attach and exec.

After the answer's head the connection carries the process's streams, framed or, with a terminal,
raw. The first bytes wait until the client has taken the head out of the socket: docker-py loses
what arrives together with it (docker-py#3332).
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import struct
import termios
from collections.abc import Callable
from typing import Any, Final

from aiohttp import web

from pausedemo.embedded.api.requests import API
from pausedemo.embedded.containers.detaching import KeyWatcher
from pausedemo.embedded.containers.streams import Stream, Writer

#: How long the head may lie unread; then output is sent all the same.
HEAD_TIMEOUT_S: Final = 2.0
#: No event tells that a peer has read; the first look comes at once, the next ones so much later.
FIRST_LOOK_S: Final = 0.0001
LONGEST_LOOK_S: Final = 0.01
#: How long a peer may take to close its side after the last output.
LINGER_S: Final = 5.0
_HIGH_WATER: Final = 256 * 1024


class RawStream(asyncio.Protocol):
    """The connection after its head. A taker of output, and the source of input.

    ``framed``: output goes in frames that name their stream. ``closed`` is done when the peer
    has gone, or ``finish`` was called and all is written.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, *, framed: bool) -> None:
        self._loop = loop
        self._framed = framed
        self._transport: asyncio.Transport | None = None
        self._waiting: list[bytes] | None = []
        self._full = False
        self._room: list[Callable[[], None]] = []
        self._finishing = False
        self._is_over = False
        self._lingering: asyncio.TimerHandle | None = None
        self._input: Writer | None = None
        self._early = bytearray()
        self._early_end = False
        self._keys: KeyWatcher | None = None
        self._on_keys: Callable[[], None] = lambda: None
        self.closed: asyncio.Future[None] = loop.create_future()

    # Output.

    def take(self, stream: Stream, data: bytes) -> None:
        """Send output of one stream."""
        if self._framed:
            data = struct.pack(">BxxxL", stream, len(data)) + data
        if self._waiting is not None:
            self._waiting.append(data)
        elif self._transport is not None and not (self._is_over or self._transport.is_closing()):
            self._transport.write(data)

    def is_full(self) -> bool:
        """Whether the peer reads slower than output comes."""
        return self._full and not self.closed.done()

    def call_on_room(self, callback: Callable[[], None]) -> None:
        """Call once when there is room again, or nobody to send to."""
        self._room.append(callback)

    def finish(self) -> None:
        """Close when everything is written."""
        self._finishing = True
        if self._waiting is None and self._transport is not None:
            self._end(self._transport)

    def _end(self, transport: asyncio.Transport) -> None:
        """Say that there is no more output, and close when the peer has done so.

        With input that nobody has read a close would be a reset: the docker command then tells
        of that, and not how the container ended.
        """
        if self._is_over or transport.is_closing():
            return
        self._is_over = True
        if self._early_end:
            transport.close()
            return
        try:
            transport.write_eof()
        except OSError:  # the peer has gone
            transport.close()
            return
        transport.resume_reading()
        self._lingering = self._loop.call_later(LINGER_S, transport.close)

    # Input.

    def watch(self, keys: bytes, on_keys: Callable[[], None]) -> None:
        """Call, and close, when these keys are typed. Before ``open``."""
        self._keys, self._on_keys = KeyWatcher(keys), on_keys

    def feed(self, writer: Writer, *, close_at_end: bool) -> None:
        """Input goes there from now on; what came before, first."""
        self._input = writer
        self._close_input = close_at_end
        if self._early:
            writer.write(bytes(self._early))
            self._early.clear()
            writer.call_on_room(self._read_on)
        if self._early_end and close_at_end:
            writer.close()

    # The protocol.

    def open(self, transport: asyncio.Transport, head: bytes) -> None:
        """Take the connection over and send the head."""
        self._transport = transport
        transport.set_write_buffer_limits(high=_HIGH_WATER)
        transport.set_protocol(self)
        transport.resume_reading()
        transport.write(head)
        self._look(FIRST_LOOK_S, self._loop.time() + HEAD_TIMEOUT_S)

    def _look(self, delay_s: float, deadline: float) -> None:
        if self._waiting is None:
            return
        if not self._is_head_read() and self._loop.time() < deadline:
            self._loop.call_later(delay_s, self._look, min(delay_s * 2, LONGEST_LOOK_S), deadline)
            return
        waiting, self._waiting = self._waiting, None
        transport = self._transport
        if transport is not None and not transport.is_closing():
            if waiting:
                transport.write(b"".join(waiting))
            if self._finishing:
                self._end(transport)

    def _is_head_read(self) -> bool:
        transport = self._transport
        if transport is None or transport.is_closing():
            return True
        if transport.get_write_buffer_size():
            return False
        with contextlib.suppress(OSError):
            number = transport.get_extra_info("socket").fileno()
            answer = fcntl.ioctl(number, termios.TIOCOUTQ, b"\0\0\0\0")
            return bool(struct.unpack("i", answer)[0] == 0)
        return True

    def data_received(self, data: bytes) -> None:
        if self._is_over:
            return  # there is nobody left who would read it
        if self._keys is None:
            self._receive(data)
            return
        passed, is_left = self._keys.feed(data)
        self._receive(passed)
        if is_left and not self._finishing:
            self._on_keys()
            self.finish()

    def _receive(self, data: bytes) -> None:
        transport = self._transport
        if self._input is not None:
            self._input.write(data)
            if self._input.backlog > _HIGH_WATER and transport is not None:
                transport.pause_reading()
                self._input.call_on_room(self._read_on)
        else:
            self._early += data
            if len(self._early) > _HIGH_WATER and transport is not None:
                transport.pause_reading()  # until there is somebody to give it to

    def _read_on(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def eof_received(self) -> bool:
        # The docker command closes its side at once when it has no input.
        self._early_end = True
        if self._input is not None and self._close_input:
            self._input.close()
        return not self._is_over

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False
        self._call_room()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._waiting = None
        self._full = False
        if self._lingering is not None:
            self._lingering.cancel()
        if not self.closed.done():
            self.closed.set_result(None)
        self._call_room()

    def _call_room(self) -> None:
        room, self._room = self._room, []
        for callback in room:
            callback()


async def hijack(request: web.Request, stream: RawStream, *, raw: bool) -> None:
    """Answer a request's head and hand its connection to ``stream``.

    With ``Connection: Upgrade`` the answer is 101, as dockerd's; without, 200 and the stream
    until the connection ends.
    """
    transport = request.transport
    if transport is None:
        stream.connection_lost(None)
        return
    version = request[API]
    kind = "raw" if raw or version < (1, 42) else "multiplexed"
    content_type = f"application/vnd.docker.{kind}-stream"
    if "upgrade" in request.headers.get("Connection", "").lower():
        head = (
            f"HTTP/1.1 101 UPGRADED\r\nContent-Type: {content_type}\r\n"
            "Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
        )
    else:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\n\r\n"
    assert isinstance(transport, asyncio.Transport)  # noqa: S101 - of a stream server
    stream.open(transport, head.encode())


async def leave(request: web.Request, stream: RawStream) -> web.StreamResponse:
    """Wait until the stream is over, and let the server forget the connection."""
    await stream.closed
    protocol: Any = request.protocol
    # The connection's own protocol is the stream since; the server's does not hear of its end.
    protocol.connection_lost(None)
    return web.Response()

"""An HTTP message as it comes in: what h11 understands of it, beside the very bytes that it was."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

import h11

PIECE_BYTES: Final = 1 << 16
_LONGEST_HEAD_BYTES: Final = 1 << 20


class Closed(Exception):
    """The peer closed before a message was whole."""


@dataclass(frozen=True, slots=True)
class Piece:
    """As much as was read at once: its bytes, and the events that they completed."""

    raw: bytes
    events: tuple[h11.Event, ...]

    @property
    def data(self) -> bytes:
        """The bytes of the body in it, without the frame of their chunks."""
        return b"".join(bytes(e.data) for e in self.events if isinstance(e, h11.Data))


class Incoming:
    """Reads one message from a stream, and nothing that comes after it.

    ``left`` holds what was read already and belongs to what follows: the next message, or, after
    a switch of protocols, the other protocol.
    """

    def __init__(self, reader: asyncio.StreamReader, parser: h11.Connection, left: bytes) -> None:
        self.left = left
        self.ended = False
        self.switched = False
        self._reader = reader
        self._parser = parser

    @classmethod
    def request(cls, reader: asyncio.StreamReader, left: bytes = b"") -> Incoming:
        """A request that a client sends."""
        return cls(reader, h11.Connection(h11.SERVER, _LONGEST_HEAD_BYTES), left)

    @classmethod
    def reply(cls, reader: asyncio.StreamReader, request: h11.Request) -> Incoming:
        """The reply to a request, whose method and wish to upgrade say how to read it."""
        parser = h11.Connection(h11.CLIENT, _LONGEST_HEAD_BYTES)
        upgrade = [pair for pair in request.headers if pair[0] in (b"connection", b"upgrade")]
        headers = [(b"host", b"engine"), *upgrade]
        parser.send(h11.Request(method=request.method, target="/", headers=headers))
        parser.send(h11.EndOfMessage())
        return cls(reader, parser, b"")

    async def read(self) -> Piece:
        """The next piece; some has no event. Closed when the message does not come to its end."""
        raw = self.left or await self._reader.read(PIECE_BYTES)
        self.left = b""
        self._parser.receive_data(raw)
        events: list[h11.Event] = []
        while not self.ended:
            event = self._parser.next_event()
            if event is h11.NEED_DATA:
                break
            if isinstance(event, h11.ConnectionClosed):
                raise Closed
            if isinstance(event, h11.Event):
                events.append(event)
                self.ended = isinstance(event, h11.EndOfMessage)
            else:
                # Paused, which is only so after a 101: what follows is no HTTP.
                self.ended = self.switched = True
        if self.ended:
            self.left = self._parser.trailing_data[0]
            raw = raw[: len(raw) - len(self.left)]
        elif not raw:
            raise Closed
        return Piece(raw, tuple(events))

    async def read_beyond(self) -> bytes:
        """What comes after the message, in another protocol; empty at the end."""
        data = self.left or await self._reader.read(PIECE_BYTES)
        self.left = b""
        return data

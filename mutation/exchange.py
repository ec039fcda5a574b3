"""One request and its reply on their way through the proxy, true or not."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final, TypeVar

import h11

from mutation.incoming import PIECE_BYTES, Closed, Incoming, Piece
from mutation.messages import Ask, decode_headers
from mutation.mutant import AnswerLie, AskLie, Mutation, StreamLie
from mutation.routes import is_about
from mutation.scene import Scene, read_answer

_LAST_CHUNK: Final = b"0\r\n\r\n"

_Lie = TypeVar("_Lie")


class Exchange:
    """Carries one request to the engine, and its reply back."""

    def __init__(
        self,
        mutation: Mutation,
        scene: Scene,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._mutation = mutation
        self._scene = scene
        self._reader = reader
        self._writer = writer
        # From then on all bytes belong to this exchange, in both directions.
        self._taken_over = asyncio.Event()

    async def run(self, left: bytes) -> bytes:
        """Carry them over. ``left``, and what is returned, was read from the client too early.

        Raises Closed when the client's connection is at its end, by whoever's will.
        """
        asked = Incoming.request(self._reader, left)
        request, held = await _read_head(asked)
        ask = Ask.parse(
            request.method.decode(), request.target.decode(), decode_headers(request.headers)
        )
        ask_lie = _find(self._mutation.asks, ask)
        answer_lie = _find(self._mutation.answers, ask)
        outgoing = held.raw
        if ask_lie or answer_lie:
            # A lie about the reply, too, may want to know all that was asked.
            ask.body = held.data + await _read_body(asked)
            if ask_lie and await self._lie_about_ask(ask_lie, ask):
                return asked.left
            outgoing = ask.render()
        reader, writer = await asyncio.open_unix_connection(self._scene.socket)
        with contextlib.closing(writer):
            writer.write(outgoing)
            await writer.drain()
            upward = asyncio.create_task(self._carry_up(asked, writer))
            try:
                await self._answer(ask, Incoming.reply(reader, request), answer_lie)
                if self._taken_over.is_set():
                    await upward
            finally:
                upward.cancel()
                await asyncio.gather(upward, return_exceptions=True)
        if self._taken_over.is_set() or _is_last(request):
            raise Closed
        return asked.left

    async def _answer(self, ask: Ask, reply: Incoming, lie: AnswerLie | None) -> None:
        if lie:
            await self._lie_about_answer(lie, ask, reply)
            return
        response, held = await _read_head(reply)
        stream_lie = _find(self._mutation.streams, ask)
        if stream_lie and response.status_code == 200:
            await self._lie_in_stream(stream_lie, ask, response, held, reply)
        else:
            await self._carry_down(ask, response, held, reply)

    # The truth

    async def _carry_up(self, asked: Incoming, writer: asyncio.StreamWriter) -> None:
        """The rest of the request, then what a connection that was taken over still brings."""
        with contextlib.suppress(Closed, OSError, h11.ProtocolError):
            while not asked.ended:
                writer.write((await asked.read()).raw)
                await writer.drain()
            while data := asked.left or await self._reader.read(PIECE_BYTES):
                # Of the next request, as long as nobody has taken over.
                asked.left = data
                await self._taken_over.wait()
                asked.left = b""
                writer.write(data)
                await writer.drain()
            # Half closed: to an engine this may be somebody's end of input, or somebody's leave.
            writer.write_eof()

    async def _carry_down(
        self,
        ask: Ask,
        response: h11.Response | h11.InformationalResponse,
        held: Piece,
        reply: Incoming,
    ) -> None:
        if response.status_code == 101 or _lasts_until_close(ask, response):
            self._taken_over.set()
        self._writer.write(held.raw)
        await self._writer.drain()
        while not reply.ended:
            self._writer.write((await reply.read()).raw)
            await self._writer.drain()
        if reply.switched:
            while data := await reply.read_beyond():
                self._writer.write(data)
                await self._writer.drain()
        if self._taken_over.is_set():
            self._writer.write_eof()

    # Lies

    async def _lie_about_ask(self, lie: AskLie, ask: Ask) -> bool:
        """Rewrite the request; whether it was answered already."""
        before = ask.content
        answer = await lie(ask, self._scene)
        if answer is not None or ask.content != before:
            self._scene.tell()
        if answer is not None:
            self._writer.write(answer.render(with_body=ask.method != "HEAD"))
            await self._writer.drain()
        return answer is not None

    async def _lie_about_answer(self, lie: AnswerLie, ask: Ask, reply: Incoming) -> None:
        answer = await read_answer(reply)
        before = answer.content
        await lie(ask, answer, self._scene)
        if answer.content != before:
            self._scene.tell()
        self._writer.write(answer.render(with_body=ask.method != "HEAD"))
        await self._writer.drain()

    async def _lie_in_stream(
        self, lie: StreamLie, ask: Ask, response: h11.Response, held: Piece, reply: Incoming
    ) -> None:
        """Pass a body on as the lie wants it; a lie in a stream counts itself."""
        if _lasts_until_close(ask, response):
            self._taken_over.set()
        chunked = not self._taken_over.is_set()
        self._writer.write(_render_head(response, chunked=chunked))
        async for data in lie(ask, _pieces(held, reply), self._scene):
            if data:
                frame = b"%x\r\n%b\r\n" % (len(data), data) if chunked else data
                self._writer.write(frame)
                await self._writer.drain()
        if chunked:
            self._writer.write(_LAST_CHUNK)
            await self._writer.drain()
        else:
            self._writer.write_eof()


def _find(lies: Mapping[str, _Lie], ask: Ask) -> _Lie | None:
    return next((lie for route, lie in lies.items() if is_about(route, ask)), None)


async def _read_head(incoming: Incoming) -> tuple[Any, Piece]:
    """Read until the line and the headers are there; all that was read with them.

    A 100 (Continue) is one of the bytes, not the head.
    """
    raw = b""
    events: list[h11.Event] = []
    while True:
        piece = await incoming.read()
        raw += piece.raw
        events += piece.events
        for event in piece.events:
            if isinstance(event, h11.Request | h11.Response) or (
                isinstance(event, h11.InformationalResponse) and event.status_code == 101
            ):
                return event, Piece(raw, tuple(events))


async def _read_body(incoming: Incoming) -> bytes:
    body = bytearray()
    while not incoming.ended:
        body += (await incoming.read()).data
    return bytes(body)


async def _pieces(held: Piece, reply: Incoming) -> AsyncIterator[bytes]:
    yield held.data
    while not reply.ended:
        yield (await reply.read()).data


def _is_last(request: h11.Request) -> bool:
    """Whether the client wants the connection closed after this reply."""
    wishes = b",".join(value for name, value in request.headers if name == b"connection")
    return request.http_version == b"1.0" or b"close" in wishes.lower()


def _lasts_until_close(ask: Ask, response: h11.Response | h11.InformationalResponse) -> bool:
    """Whether only the connection's end ends the body: RFC 9112, 6.3."""
    names = {name for name, _ in response.headers}
    bodiless = ask.method == "HEAD" or response.status_code in (204, 304)
    return not bodiless and not names & {b"content-length", b"transfer-encoding"}


def _render_head(response: h11.Response, *, chunked: bool) -> bytes:
    framing = (b"content-length", b"transfer-encoding")
    lines = [b"HTTP/1.1 %d %b" % (response.status_code, bytes(response.reason))]
    lines += [b"%b: %b" % pair for pair in response.headers if pair[0] not in framing]
    if chunked:
        lines.append(b"transfer-encoding: chunked")
    return b"\r\n".join([*lines, b"", b""])

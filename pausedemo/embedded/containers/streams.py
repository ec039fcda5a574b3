"""A process's output on its way: read when the kernel has some, handed to all who take it.

When one of the takers cannot keep up, reading waits, and the process with it, as with Docker.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import struct
import termios
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Final, Protocol

CHUNK_BYTES: Final = 64 * 1024
#: How long its output may still come after a process has ended, when others hold the pipe.
LAST_OUTPUT_S: Final = 1.0


class Stream(IntEnum):
    """The number of a stream in Docker's frames."""

    STDIN = 0
    STDOUT = 1
    STDERR = 2


class Taker(Protocol):
    """Takes output. ``is_full`` says that no more is wanted until ``on_room`` was called."""

    def take(self, stream: Stream, data: bytes) -> None: ...

    def is_full(self) -> bool: ...

    def call_on_room(self, callback: Callable[[], None]) -> None: ...


class Reader:
    """Reads one descriptor to its end and hands what comes to the takers. Owns the descriptor."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        descriptor: int,
        stream: Stream,
        takers: Callable[[], tuple[Taker, ...]],
    ) -> None:
        self._loop = loop
        self._descriptor = descriptor
        self._stream = stream
        self._takers = takers
        self.finished = loop.create_future()
        os.set_blocking(descriptor, False)
        loop.add_reader(descriptor, self._on_readable)

    def drain(self) -> None:
        """Take what is there at once; somebody else may hold the other end open for ever."""
        for _ in range(1024):
            if self.finished.done() or not self._read_once():
                return

    def close(self) -> None:
        """Stop reading."""
        if not self.finished.done():
            self._loop.remove_reader(self._descriptor)
            os.close(self._descriptor)
            self.finished.set_result(None)

    def _on_readable(self) -> None:
        if not self._read_once():
            return
        full = [taker for taker in self._takers() if taker.is_full()]
        if full:
            self._loop.remove_reader(self._descriptor)
            full[0].call_on_room(self._resume)

    def _resume(self) -> None:
        if not self.finished.done():
            self._loop.add_reader(self._descriptor, self._on_readable)

    def _read_once(self) -> bool:
        try:
            data = os.read(self._descriptor, CHUNK_BYTES)
        except BlockingIOError:
            return False
        except OSError:  # EIO: the last one has closed the terminal
            data = b""
        if not data:
            self.close()
            return False
        for taker in self._takers():
            taker.take(self._stream, data)
        return True


class Writer:
    """Writes to a process's input or terminal. Owns the descriptor."""

    def __init__(self, loop: asyncio.AbstractEventLoop, descriptor: int) -> None:
        self._loop = loop
        self._descriptor = descriptor
        self._waiting = bytearray()
        self._room: list[Callable[[], None]] = []
        self._closing = False
        self._closed = False
        os.set_blocking(descriptor, False)

    @classmethod
    def to_terminal(cls, loop: asyncio.AbstractEventLoop, terminal: int) -> Writer:
        """With a descriptor of its own.

        The reader closes ``terminal`` at its end, and the number may then be a connection's.
        """
        return cls(loop, os.dup(terminal))

    def write(self, data: bytes) -> None:
        """Send, now or when there is room."""
        if self._closed or self._closing:
            return
        was_idle = not self._waiting
        self._waiting += data
        if was_idle:
            self._flush()

    @property
    def backlog(self) -> int:
        """Bytes that wait for room."""
        return len(self._waiting)

    def call_on_room(self, callback: Callable[[], None]) -> None:
        """Call once when nothing waits any more, or nothing is written any more."""
        self._room.append(callback)
        if not self._waiting:
            self._call_room()

    def resize(self, rows: int, columns: int) -> None:
        """Tell a terminal its size; a pipe has none."""
        if not self._closed:
            with contextlib.suppress(OSError):
                size = struct.pack("HHHH", rows, columns, 0, 0)
                fcntl.ioctl(self._descriptor, termios.TIOCSWINSZ, size)

    def close(self) -> None:
        """Close when all is written."""
        self._closing = True
        if not self._waiting:
            self._end()

    def abort(self) -> None:
        """Close now."""
        self._waiting.clear()
        self._end()

    def _flush(self) -> None:
        try:
            while self._waiting:
                written = os.write(self._descriptor, self._waiting[:CHUNK_BYTES])
                del self._waiting[:written]
        except BlockingIOError:
            self._loop.add_writer(self._descriptor, self._on_writable)
            return
        except OSError:
            self._waiting.clear()
            self._closing = True
        self._call_room()
        if self._closing:
            self._end()

    def _on_writable(self) -> None:
        self._loop.remove_writer(self._descriptor)
        self._flush()

    def _end(self) -> None:
        if not self._closed:
            self._closed = True
            self._loop.remove_writer(self._descriptor)
            os.close(self._descriptor)
        self._call_room()

    def _call_room(self) -> None:
        room, self._room = self._room, []
        for callback in room:
            callback()


async def finish_streams(readers: Sequence[Reader], writer: Writer | None) -> None:
    """A process has ended: take the last of its output, and close its streams on our side."""
    for reader in readers:
        reader.drain()
    waiting = [reader.finished for reader in readers if not reader.finished.done()]
    if waiting:
        await asyncio.wait(waiting, timeout=LAST_OUTPUT_S)
    for reader in readers:
        reader.close()
    if writer is not None:
        writer.abort()

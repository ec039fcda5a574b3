"""The pipes of a process that has no terminal."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

from pausedemo.embedded.containers.launching import Descriptors
from pausedemo.embedded.containers.streams import Reader, Stream, Taker, Writer


class Pipes:
    """Of each pipe one end is the process's and one is ours. ``stdio``: as a launch has it."""

    def __init__(self, descriptors: Descriptors) -> None:
        self._descriptors = descriptors
        self._theirs: list[int] = []
        self._ours: dict[Stream, int] = {}
        self.stdio: list[int | None] = [None, None, None]

    def open(self, stream: Stream) -> None:
        """Make the pipe of one stream."""
        reading, writing = os.pipe2(os.O_CLOEXEC)
        theirs, ours = (reading, writing) if stream is Stream.STDIN else (writing, reading)
        self._theirs.append(theirs)
        self._ours[stream] = ours
        self.stdio[stream] = self._descriptors.add(theirs)

    def close_theirs(self) -> None:
        """The process has them now, or will never be."""
        for descriptor in self._theirs:
            os.close(descriptor)
        self._theirs = []

    def close_ours(self) -> None:
        """There is no process."""
        for descriptor in self._ours.values():
            os.close(descriptor)
        self._ours = {}

    def take(
        self, loop: asyncio.AbstractEventLoop, takers: Callable[[], tuple[Taker, ...]]
    ) -> tuple[list[Reader], Writer | None]:
        """Begin to read its output and, where it has input, to write; they own our ends."""
        ours, self._ours = self._ours, {}
        given = ours.pop(Stream.STDIN, None)
        writer = Writer(loop, given) if given is not None else None
        return [Reader(loop, one, stream, takers) for stream, one in ours.items()], writer

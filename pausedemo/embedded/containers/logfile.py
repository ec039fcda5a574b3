r"""The json-file log of one container: written line by line, rotated by size, read while it grows.

The format is dockerd's (moby ``daemon/logger/jsonfilelog``): one JSON object a line,
``{"log":"text\n","stream":"stdout","time":"2026-01-02T03:04:05.6Z"}``. A line longer than 16 KiB
becomes several records, all but the last without their newline.

All methods belong to the event loop's thread; followers are woken by events, never by a clock.
"""

from __future__ import annotations

import asyncio
import functools
import json
import os
import re
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from json.encoder import encode_basestring
from pathlib import Path
from typing import BinaryIO, Final, Literal

from pausedemo.embedded.times import NS, parse_time, render_time

Stream = Literal["stdout", "stderr"]

LINE_LIMIT: Final = 16 * 1024  # bytes, moby daemon/logger/copier.go
BLOCK: Final = 64 * 1024
_HTML: Final = re.compile("[<>&\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Entry:
    """One record. ``time_ns``: since the epoch, UTC. ``data`` ends with a newline if whole."""

    stream: Stream
    time_ns: int
    data: bytes


def render_record(entry: Entry) -> bytes:
    """One line of the file. Bytes that are no UTF-8 become U+FFFD, as with dockerd."""
    text = encode_basestring(entry.data.decode("utf-8", "replace"))
    # dockerd's encoder keeps these apart from HTML; programs compare the files' bytes.
    text = _HTML.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return f'{{"log":{text},{_render_end(entry.stream, entry.time_ns)}'.encode()


@functools.lru_cache(4)  # lines that came together have one time
def _render_end(stream: Stream, time_ns: int) -> str:
    return f'"stream":"{stream}","time":"{render_time(time_ns)}"}}\n'


def parse_record(line: bytes) -> Entry | None:
    """The entry of one line of the file; None for a line that a crash has torn."""
    try:
        record = json.loads(line)
        return Entry(record["stream"], parse_time(record["time"]), record["log"].encode())
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def split_lines(held: bytes) -> tuple[list[bytes], bytes]:
    """Records ready to be written, and the rest that waits for its newline.

    A record never ends within a UTF-8 character, so a cut line reads back as it was.
    """
    *whole, rest = held.split(b"\n")
    ready: list[bytes] = []
    for line in whole:
        pieces, last = _cut(line + b"\n")
        ready += [*pieces, last]
    pieces, rest = _cut(rest)
    return [*ready, *pieces], rest


def _cut(line: bytes) -> tuple[list[bytes], bytes]:
    pieces = []
    while len(line.removesuffix(b"\n")) > LINE_LIMIT:
        end = LINE_LIMIT
        while end > LINE_LIMIT - 4 and line[end] & 0xC0 == 0x80:
            end -= 1
        pieces.append(line[:end])
        line = line[end:]
    return pieces, line


class LogFile:
    """The log at ``path`` and its older parts ``path.1``, ``path.2``, up to ``max_file`` in all.

    ``max_size`` in bytes (0: no limit): once a part has it, the next record opens a new part.
    The directory must exist. OSError from a full disk reaches who writes.
    """

    def __init__(self, path: Path, max_size: int = 0, max_file: int = 1) -> None:
        self._path = path
        self._max_size = max_size
        self._max_file = max(1, max_file)
        self._fd: int | None = None
        self._size = 0
        self._part = 0  # number of the present part; older ones count down
        self._life = 0  # counts the closings: a follower does not outlive the one it began in
        self._held: dict[Stream, bytes] = {}
        self._followers: set[asyncio.Event] = set()

    @property
    def is_open(self) -> bool:
        """Whether somebody still writes: only then a reader can follow."""
        return self._fd is not None

    def open(self) -> None:
        """Get ready to write, at a container's start. A second call does nothing."""
        if self._fd is None:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
            self._fd = os.open(self._path, flags, 0o640)
            self._size = os.fstat(self._fd).st_size

    def write(self, stream: Stream, data: bytes, when_ns: int) -> None:
        """Take what a container wrote, in pieces of any size; opens the log if need be."""
        ready, self._held[stream] = split_lines(self._held.get(stream, b"") + data)
        self._append(Entry(stream, when_ns, piece) for piece in ready)

    def close(self, when_ns: int | None = None) -> None:
        """End the log, at a container's end: unfinished lines are written, followers end."""
        now = time.time_ns() if when_ns is None else when_ns
        held, self._held = self._held, {}
        try:
            self._append(Entry(stream, now, rest) for stream, rest in held.items() if rest)
        finally:
            if self._fd is not None:
                os.close(self._fd)
            self._fd = None
            self._life += 1
            self._wake()

    def remove(self) -> None:
        """Close the log and delete all its parts, at a container's removal."""
        self._held.clear()
        self.close()
        for part in self._parts():
            part.unlink(missing_ok=True)

    def _append(self, entries: Iterator[Entry]) -> None:
        gathered: list[bytes] = []
        for entry in entries:
            self.open()
            if self._max_size and self._size >= self._max_size:
                self._flush(gathered)
                self._rotate()
            record = render_record(entry)
            gathered.append(record)
            self._size += len(record)
        if gathered:
            self._flush(gathered)
            self._wake()

    def _flush(self, gathered: list[bytes]) -> None:
        data = memoryview(b"".join(gathered))
        gathered.clear()
        while data and self._fd is not None:
            data = data[os.write(self._fd, data) :]

    def _rotate(self) -> None:
        """Move every part one on. A part that leaves is unlinked, not cut: readers have it open."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
        self._older(self._max_file - 1).unlink(missing_ok=True)
        for number in range(self._max_file - 2, -1, -1):
            with suppress(FileNotFoundError):
                self._older(number).rename(self._older(number + 1))
        self._part += 1
        self.open()

    def _older(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}") if number else self._path

    def _parts(self) -> list[Path]:
        """Those that exist, oldest first."""
        every = (self._older(number) for number in range(self._max_file - 1, -1, -1))
        return [part for part in every if part.exists()]

    def _wake(self) -> None:
        for event in self._followers:
            event.set()

    async def read(
        self,
        *,
        tail: int | None = None,
        since_ns: int = 0,
        until_ns: int = 0,
        follow: bool = False,
        stdout: bool = True,
        stderr: bool = True,
    ) -> AsyncGenerator[Entry, None]:
        """The entries, oldest first; with ``follow`` also those to come, until ``close``.

        ``tail`` counts records of both streams, before the other choices, as dockerd does.
        Times are nanoseconds since the epoch, both included; 0: no bound.
        Close the iterator (``aclosing``) when you leave it early: it holds files.
        """
        wanted = {name for name, on in (("stdout", stdout), ("stderr", stderr)) if on}
        woken = asyncio.Event()
        self._followers.add(woken)
        reader = _Reader(self._parts(), self._part, tail)
        life = self._life
        try:
            while True:
                woken.clear()
                live = self.is_open and life == self._life
                for entry in reader.entries():
                    if until_ns and entry.time_ns > until_ns:
                        return
                    if entry.time_ns >= since_ns and entry.stream in wanted:
                        yield entry
                if reader.part < self._part:
                    # It was rotated meanwhile; a part that has left already is skipped.
                    reader.part = max(reader.part + 1, self._part - self._max_file + 1)
                    reader.add(self._older(self._part - reader.part))
                    continue
                if not (follow and live):
                    return
                if not woken.is_set() and not await _wait(woken, until_ns):
                    return
        finally:
            self._followers.discard(woken)
            reader.close()


async def _wait(woken: asyncio.Event, until_ns: int) -> bool:
    """Whether something came before ``until_ns`` on the wall clock (0: wait without end)."""
    left_s = (until_ns - time.time_ns()) / NS if until_ns else None
    try:
        await asyncio.wait_for(woken.wait(), left_s)
    except TimeoutError:
        return False
    return True


class _Reader:
    """Reads parts one after another; the last one stays open, for what is still to come."""

    def __init__(self, parts: list[Path], part: int, tail: int | None) -> None:
        self.part = part  # number of the newest part that is open here
        self._files: list[BinaryIO] = []
        self._torn = b""
        for path in parts:
            self.add(path)
        if tail is not None:
            self._seek_tail(tail)

    def add(self, path: Path) -> None:
        with suppress(FileNotFoundError):
            self._files.append(path.open("rb"))

    def _seek_tail(self, tail: int) -> None:
        """Leave ``tail`` lines to be read, counted from the end of the newest part."""
        for index in range(len(self._files) - 1, -1, -1):
            file = self._files[index]
            tail -= _seek_lines(file, tail)
            if tail <= 0:
                for older in self._files[:index]:
                    older.close()
                del self._files[:index]
                return

    def entries(self) -> Iterator[Entry]:
        while self._files:
            file = self._files[0]
            while block := file.read(BLOCK):
                *lines, self._torn = (self._torn + block).split(b"\n")
                for line in lines:
                    if (entry := parse_record(line)) is not None:
                        yield entry
            if len(self._files) == 1:
                return
            self._torn = b""
            self._files.pop(0).close()

    def close(self) -> None:
        for file in self._files:
            file.close()


def _seek_lines(file: BinaryIO, count: int) -> int:
    """Move ``file`` to the start of its last ``count`` lines; how many there were, at most that."""
    end = position = file.seek(0, os.SEEK_END)
    found = 0
    while position > 0 and count > 0:
        size = min(BLOCK, position)
        position -= size
        file.seek(position)
        block = file.read(size)
        cut = len(block)
        while (cut := block.rfind(b"\n", 0, cut)) >= 0:
            if position + cut == end - 1:
                continue  # the newline that ends the last line
            found += 1
            if found == count:
                file.seek(position + cut + 1)
                return found
    file.seek(end if count <= 0 else 0)
    return found + 1 if end and count > 0 else 0

"""Logs of a pod's containers, line by line, of several containers at once."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pausedemo.engine.port import Containers
from pausedemo.errors import PausedemoError

#: Lines that may wait to be printed; who writes faster waits then.
WAITING_LINES: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class LogOptions:
    """How much of a log; ``tail`` None is all of it."""

    follow: bool = False
    tail: int | None = None
    since: datetime | None = None
    timestamps: bool = False


@dataclass(frozen=True, slots=True)
class LogSource:
    """One container's log; ``prefix`` stands before each of its lines."""

    container_id: str
    prefix: bytes = b""


def read_lines(engine: Containers, source: LogSource, options: LogOptions) -> Iterator[bytes]:
    """The lines of both streams as they come, each with its end; the last one as it is."""
    rests = {1: b"", 2: b""}
    with engine.stream_logs(
        source.container_id,
        follow=options.follow,
        tail=options.tail,
        since=options.since,
        timestamps=options.timestamps,
    ) as chunks:
        for number, data in chunks:
            *lines, rests[number] = (rests[number] + data).split(b"\n")
            yield from (source.prefix + line + b"\n" for line in lines)
    yield from (source.prefix + rest for rest in rests.values() if rest)


def follow_together(
    engine: Containers,
    sources: Sequence[LogSource],
    options: LogOptions,
    write: Callable[[bytes], None],
) -> None:
    """Write the lines of several logs as they come, until all have ended. The first error ends."""
    lines: queue.Queue[bytes | PausedemoError | None] = queue.Queue(WAITING_LINES)

    def read(source: LogSource) -> None:
        try:
            for line in read_lines(engine, source, options):
                lines.put(line)
        except PausedemoError as error:
            lines.put(error)
        finally:
            lines.put(None)

    for source in sources:
        threading.Thread(target=read, args=(source,), name="log", daemon=True).start()
    running = len(sources)
    while running:
        line = lines.get()
        if line is None:
            running -= 1
        elif isinstance(line, PausedemoError):
            raise line
        else:
            write(line)

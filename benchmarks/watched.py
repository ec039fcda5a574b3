"""``python -m benchmarks.watched FILE ARGUMENT...``: the pausedemo command, watched while it waits.

Writes to FILE, as JSON, from when to when it waited: ``engine``, for the answer to a request, and
``pause``, on purpose. Times are those of the machine's monotonic clock, which all its processes
share (clock_gettime(2), CLOCK_MONOTONIC).

A stream of events that is listened to in the background is not waiting, and not counted; nor is
the search for the engine, which is thereby counted as ours.
"""

from __future__ import annotations

import functools
import json
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pausedemo.clock
import pausedemo.engine.connect
from pausedemo.engine.port import Engine

Intervals = list[tuple[float, float]]


class WatchedEngine:
    """An engine that notes when it was waited for."""

    def __init__(self, engine: Engine, noted: Intervals) -> None:
        self._engine = engine
        self._noted = noted

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._engine, name)
        if name == "events" or not callable(value):
            return value
        return _watch(value, self._noted)


class WatchedClock(pausedemo.clock.SystemClock):
    """The machine's time, that notes when it was waited for."""

    noted: ClassVar[Intervals] = []

    def wait(self, event: threading.Event, timeout_s: float) -> bool:
        if threading.current_thread() is not threading.main_thread():
            # A kubelet that waits for its next event keeps nobody waiting.
            return super().wait(event, timeout_s)
        return bool(_watch(super().wait, self.noted)(event, timeout_s))


def _watch(call: Callable[..., Any], noted: Intervals) -> Callable[..., Any]:
    @functools.wraps(call)
    def watched(*args: Any, **kwargs: Any) -> Any:
        began = time.monotonic()
        try:
            return call(*args, **kwargs)
        finally:
            noted.append((began, time.monotonic()))

    return watched


def main() -> None:
    """Put the watched engine and clock where the command will look for them, and run it."""
    file, *arguments = sys.argv[1:]
    engine_waits: Intervals = []
    connect = pausedemo.engine.connect.connect

    def connect_watched(*args: Any, **kwargs: Any) -> Any:
        return WatchedEngine(connect(*args, **kwargs), engine_waits)

    pausedemo.engine.connect.connect = connect_watched
    pausedemo.clock.SystemClock = WatchedClock  # type: ignore[misc]
    sys.argv = ["pausedemo", *arguments]
    try:
        from pausedemo.cli import main as run_command

        run_command()
    finally:
        waits = {"engine": engine_waits, "pause": WatchedClock.noted}
        Path(file).write_text(json.dumps(waits), encoding="utf-8")


if __name__ == "__main__":
    main()

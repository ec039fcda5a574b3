"""Waiting for something to change on an engine, for whoever shows it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Final

from pausedemo.core import naming
from pausedemo.engine.port import Engine, EventStream
from pausedemo.errors import EngineGone

#: A container's end is told before the engine's list shows it; a state's age needs no event.
RELOOK_S: Final = 1.0
#: How long the thread that listens may take to end.
END_S: Final = 5.0


class Watch:
    """Tells when it is time to look again. Entered before the first look, it misses nothing."""

    def __init__(self, stream: EventStream) -> None:
        self._stream = stream
        self._changed = threading.Event()
        self._gone: EngineGone | None = None
        self._thread = threading.Thread(target=self._listen, name="watch", daemon=True)
        self._thread.start()

    def wait(self, timeout_s: float = RELOOK_S) -> None:
        """Return at a change, or after ``timeout_s`` at the latest. Raises EngineGone."""
        self._changed.wait(timeout_s)
        self._changed.clear()
        if self._gone is not None:
            raise self._gone

    def close(self) -> None:
        """End it."""
        self._stream.close()
        self._thread.join(END_S)

    def _listen(self) -> None:
        try:
            for _ in self._stream:
                self._changed.set()
        except EngineGone as error:
            self._gone = error
            self._changed.set()


@contextlib.contextmanager
def watch_changes(engine: Engine) -> Iterator[Watch]:
    """Watch the containers of all pods, and all objects."""
    with engine.events({naming.POD_UID: None}, volumes=naming.VOLUME_PREFIX) as stream:
        watch = Watch(stream)
        try:
            yield watch
        finally:
            watch.close()

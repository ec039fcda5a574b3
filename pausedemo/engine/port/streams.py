"""What goes on for a while at an engine, and is closed by who has opened it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from pausedemo.engine.port.facts import Event


class EventStream(Iterator[Event], Protocol):
    """Events as they come. ``close`` may be called from another thread and ends the iteration."""

    def close(self) -> None: ...


class Holding(Protocol):
    """A container that lives as long as this process holds on to it."""

    @property
    def id(self) -> str: ...

    def close(self) -> None:
        """Let go: it ends and is removed. The engine gone: no error."""
        ...


class ExecStream(Protocol):
    """A command inside a container with its streams open.

    One thread may read while others write, resize and close.
    """

    def write(self, data: bytes) -> None:
        """Send to its standard input. Nothing happens once it has ended."""
        ...

    def close_stdin(self) -> None:
        """Tell it that there is no more input."""
        ...

    def read(self) -> Iterator[tuple[int, bytes]]:
        """What it writes until its end, as it comes: 1 and stdout, 2 and stderr.

        With a terminal all is stdout. Raises EngineGone when the connection is lost.
        """
        ...

    def resize(self, rows: int, columns: int) -> None:
        """Give its terminal another size."""
        ...

    def exit_code(self) -> int:
        """How it ended; for after the last output."""
        ...

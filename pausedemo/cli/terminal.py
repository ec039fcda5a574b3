"""The user's terminal, lent to a command inside a container.

Source: term.TTY and term.MonitorSize in k8s.io/kubectl/pkg/util/term.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import sys
import termios
import threading
import tty
from collections.abc import Callable, Iterator
from types import FrameType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pausedemo.engine.port import ExecStream

#: As much as is read at once from what the user types or pipes in.
CHUNK_BYTES: Final = 1 << 15
#: How long the thread that tells sizes may take to end.
END_S: Final = 5.0


@contextlib.contextmanager
def raw_terminal() -> Iterator[None]:
    """Within the block every key goes to whoever reads, Ctrl-C as well.

    However the block ends, the terminal is as it was before.
    """
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    # Not TCSAFLUSH, its default: what was typed ahead is for the command.
    tty.setraw(descriptor, termios.TCSANOW)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


@contextlib.contextmanager
def told_size(resize: Callable[[int, int], None]) -> Iterator[None]:
    """Tell the terminal's rows and columns at once, and whenever the window changes.

    In a thread: the engine is asked, and a signal's handler must not wait.
    """
    # What a handler may put into: it never blocks, and may be entered again.
    changes: queue.SimpleQueue[bool] = queue.SimpleQueue()

    def note(_number: int, _frame: FrameType | None) -> None:
        changes.put(True)

    def tell() -> None:
        while changes.get():
            with contextlib.suppress(OSError):
                size = os.get_terminal_size(sys.stdin.fileno())
                resize(size.lines, size.columns)

    teller = threading.Thread(target=tell, name="size", daemon=True)
    before = signal.signal(signal.SIGWINCH, note)
    changes.put(True)
    teller.start()
    try:
        yield
    finally:
        signal.signal(signal.SIGWINCH, before)
        changes.put(False)
        teller.join(END_S)


def feed_input(stream: ExecStream) -> None:
    """Send our standard input on, in a thread, to its end.

    The thread may wait for a key when all is over; it ends with the process.
    """

    def feed() -> None:
        descriptor = sys.stdin.fileno()
        with contextlib.suppress(OSError):
            while data := os.read(descriptor, CHUNK_BYTES):
                stream.write(data)
        stream.close_stdin()

    threading.Thread(target=feed, name="input", daemon=True).start()


def copy_output(stream: ExecStream) -> None:
    """Print what a command writes, as it comes, to its end."""
    for number, data in stream.read():
        target = sys.stdout.buffer if number == 1 else sys.stderr.buffer
        target.write(data)
        target.flush()


def terminal_columns() -> int | None:
    """How wide the terminal is that our output goes to; None where it goes elsewhere."""
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns
    except (OSError, ValueError):
        return None

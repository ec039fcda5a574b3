"""The system's requests to stop, as an exception, so that every ``finally`` runs.

Python runs a signal's handler between two of its own instructions. A signal that comes after the
last of them, and before a system call that waits, interrupts nothing: its handler runs when that
call returns, which may take hours. The kernel has no such gap for who writes into a pipe, and so a
thread hears of each signal there, and interrupts the main thread until the handler has run.
"""

from __future__ import annotations

import contextlib
import queue
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import FrameType
from typing import Final, ParamSpec, TypeVar

from pausedemo.errors import Interrupted

_P = ParamSpec("_P")
_T = TypeVar("_T")

#: How long a handler may take to run before the main thread is interrupted once more.
NUDGE_S: Final = 0.05
#: Nobody else uses it, and who has no handler for it is not harmed.
_NUDGE: Final = signal.SIGURG


@contextlib.contextmanager
def handled_at_once() -> Iterator[None]:
    """Within the block every signal's handler runs at once, whatever the main thread waits for.

    For the main thread. Handlers may raise.
    """
    # Not an Event: a handler may come while its own thread holds that one's lock.
    ran: queue.SimpleQueue[None] = queue.SimpleQueue()
    hears, tells = socket.socketpair()
    tells.setblocking(False)
    main = threading.get_ident()

    def watch() -> None:
        while heard := hears.recv(64):
            if heard.strip(bytes([_NUDGE])):
                # Handlers run in the order of their numbers: when this one has, the others have.
                while not _nudge(main, ran):
                    pass

    watcher = threading.Thread(target=watch, name="signals", daemon=True)
    handler = signal.signal(_NUDGE, lambda *_: ran.put(None))
    wakeup = signal.set_wakeup_fd(tells.fileno(), warn_on_full_buffer=False)
    # It must not take a signal that somebody waits for with sigwait(2).
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        watcher.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    try:
        yield
    finally:
        signal.set_wakeup_fd(wakeup)
        tells.close()
        watcher.join()
        hears.close()
        signal.signal(_NUDGE, handler)


def _nudge(main: int, ran: queue.SimpleQueue[None]) -> bool:
    """Interrupt the main thread; whether a handler has run by that."""
    signal.pthread_kill(main, _NUDGE)
    with contextlib.suppress(queue.Empty):
        ran.get(timeout=NUDGE_S)
        return True
    return False


@contextlib.contextmanager
def signals_as_errors() -> Iterator[None]:
    """Within the block the first SIGINT, SIGTERM or SIGHUP raises Interrupted.

    Those after it are only answered in words: what the first one set off, taking down what was
    made, must not be cut short.
    """
    stopping = False

    def interrupt(number: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        if stopping:
            sys.stderr.write("pausedemo: stopping already; cleaning up first\n")
            return
        stopping = True
        raise Interrupted(f"stopped by {signal.Signals(number).name}")

    with handled_at_once():
        before = {
            number: signal.signal(number, interrupt)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def run_whole(call: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Call in a thread and wait for its end, so that no signal cuts it in two.

    A request that makes something on an engine is sent and answered, or not sent at all.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="whole") as thread:
        return thread.submit(call, *args, **kwargs).result()

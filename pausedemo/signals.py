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


#: Modules whose functions take locks. An exception between the taking and the ``try`` that would
#: give it back leaves a lock taken for ever. Those of weak references drop it, and say so.
_LOCKING: Final = frozenset(
    {"threading", "queue", "weakref", "_weakrefset", "http.cookiejar", "logging"}
    | {"concurrent.futures._base", "concurrent.futures.thread"}
    | {"importlib._bootstrap", "_frozen_importlib"}
)


@contextlib.contextmanager
def handled_at_once(again: Callable[[FrameType | None], bool] | None = None) -> Iterator[None]:
    """Within the block every signal's handler runs at once, whatever the main thread waits for.

    For the main thread. Handlers may raise. ``again`` is called after them, with the frame that is
    interrupted; it tells whether all is done, and is called again a little later where it is not.
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

    def on_nudge(_number: int, frame: FrameType | None) -> None:
        if again is None or again(frame):
            ran.put(None)

    watcher = threading.Thread(target=watch, name="signals", daemon=True)
    handler = signal.signal(_NUDGE, on_nudge)
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
        again = None
        signal.set_wakeup_fd(wakeup)
        tells.close()
        watcher.join()
        hears.close()
        signal.signal(_NUDGE, handler)


def _nudge(main: int, ran: queue.SimpleQueue[None]) -> bool:
    """Interrupt the main thread; whether all handlers are done by that."""
    signal.pthread_kill(main, _NUDGE)
    with contextlib.suppress(queue.Empty):
        ran.get(timeout=NUDGE_S)
        return True
    return False


@contextlib.contextmanager
def signals_as_errors() -> Iterator[None]:
    """Within the block the first SIGINT, SIGTERM or SIGHUP raises Interrupted.

    Those after it are only answered in words: what the first one set off, taking down what was
    made, must not be cut short. It is not raised where it would leave a lock taken, but a moment
    later; and again where it was dropped, as what comes from a finalizer is.
    """
    asked: Interrupted | None = None

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked is not None:
            sys.stderr.write("pausedemo: stopping already; cleaning up first\n")
            return
        asked = Interrupted(f"stopped by {signal.Signals(number).name}")
        again(frame)

    def again(frame: FrameType | None) -> bool:
        if asked is None or _is_handled(asked):
            return True
        if _may_raise(frame):
            raise asked
        return False

    with handled_at_once(again):
        before = {
            number: signal.signal(number, interrupt)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
    if asked is not None:  # and dropped, or not raised yet
        raise asked


@contextlib.contextmanager
def signals_as_calls(call: Callable[[], object]) -> Iterator[None]:
    """Within the block SIGINT and SIGTERM have ``call`` called, in a thread of its own.

    A handler runs in the main thread, which may hold the very lock that ``call`` takes.
    """
    heard: queue.SimpleQueue[bool] = queue.SimpleQueue()

    def wait() -> None:
        while heard.get():
            call()

    caller = threading.Thread(target=wait, name="stopping", daemon=True)
    caller.start()
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda *_: heard.put(True)) for number in numbers}
    try:
        with handled_at_once():
            yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        heard.put(False)
        caller.join()


def _is_handled(error: BaseException) -> bool:
    """Whether the main thread is in what ``error`` set off, and not where it was dropped."""
    pending, seen = [sys.exc_info()[1]], set()
    while pending:
        one = pending.pop()
        if one is error:
            return True
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            pending += [one.__cause__, one.__context__]
    return False


def _may_raise(frame: FrameType | None) -> bool:
    """Whether an exception does no harm where the main thread is."""
    if frame is None:
        return True
    module, name = frame.f_globals.get("__name__"), frame.f_code.co_name
    if module == "threading" and name == "wait":
        # Of a Condition: what it has given back it takes again, once it has come so far.
        return "gotit" in frame.f_locals
    if module == "threading" and name in ("join", "_wait_for_tstate_lock"):  # of 3.13, and before
        return True
    return module not in _LOCKING


def run_whole(call: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Call in a thread and wait for its end, so that no signal cuts it in two.

    A request that makes something on an engine is sent and answered, or not sent at all.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="whole") as thread:
        return thread.submit(call, *args, **kwargs).result()

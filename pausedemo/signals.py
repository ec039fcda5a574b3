"""The system's requests to stop, as an exception, so that every ``finally`` runs."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import FrameType
from typing import ParamSpec, TypeVar

from pausedemo.errors import Interrupted

_P = ParamSpec("_P")
_T = TypeVar("_T")


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

"""What is due when: one thread that sleeps until then, and a few that do it.

No ThreadPoolExecutor: Python waits at its end for those threads, and one may wait for a server.
"""

from __future__ import annotations

import heapq
import itertools
import queue
import threading
from collections.abc import Callable
from typing import Final

from pausedemo.clock import Clock

#: A probe waits for the network or for the engine nearly all its time.
THREADS: Final = 16
#: How long the sleeper sleeps when nothing is due at all.
NOTHING_DUE_S: Final = 3600.0


class Schedule:
    """Calls that are due at times of ``clock.monotonic``. Its threads are started at the first.

    What is no longer wanted is called all the same: the caller knows better than a heap.
    """

    def __init__(self, clock: Clock, threads: int = THREADS) -> None:
        self._clock = clock
        self._threads = threads
        self._started = 0
        self._idle = threading.Semaphore(0)
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._sleeper: threading.Thread | None = None
        self._closed = False

    def call_at(self, due: float, call: Callable[[], None]) -> None:
        """Have ``call`` called at ``due``, or as soon after that as a thread is free."""
        with self._lock:
            if self._closed:
                return
            heapq.heappush(self._heap, (due, next(self._numbers), call))
            if self._sleeper is None:
                self._sleeper = threading.Thread(target=self._run, name="probes", daemon=True)
                self._sleeper.start()
            is_first = self._heap[0][2] is call
        if is_first:
            self._wake.set()

    def close(self) -> None:
        """Call nothing more. Does not wait for what is under way."""
        with self._lock:
            self._closed = True
            self._heap.clear()
            for _ in range(self._started):
                self._work.put(None)
        self._wake.set()

    def _run(self) -> None:
        while True:
            self._wake.clear()
            with self._lock:
                if self._closed:
                    return
                now = self._clock.monotonic()
                while self._heap and self._heap[0][0] <= now:
                    self._give(heapq.heappop(self._heap)[2])
                wait_s = self._heap[0][0] - now if self._heap else NOTHING_DUE_S
            self._clock.wait(self._wake, wait_s)

    def _give(self, call: Callable[[], None]) -> None:
        """Let a thread that is idle do it; one more is started when none is."""
        self._work.put(call)
        if not self._idle.acquire(blocking=False) and self._started < self._threads:
            self._started += 1
            threading.Thread(target=self._serve, name="probe", daemon=True).start()

    def _serve(self) -> None:
        while (call := self._work.get()) is not None:
            if not self._closed:
                call()
            self._idle.release()

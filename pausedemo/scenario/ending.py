"""A run that ends before its scenarios do: how their threads hear of it."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Final

from pausedemo.clock import Clock
from pausedemo.errors import Interrupted

ENDING: Final = "the run is ending"
#: How long a wait goes on that began before the run's end was asked for.
SLICE_S: Final = 0.2


class EndingClock:
    """A clock whose waits Interrupted ends, in the thread that made it, once ``ending`` is set.

    Other threads wait as long as they want: a kubelet is asked to stop by its scenario.
    """

    def __init__(self, clock: Clock, ending: threading.Event) -> None:
        self._clock = clock
        self._ending = ending
        self._thread = threading.get_ident()

    def now(self) -> datetime:
        return self._clock.now()

    def monotonic(self) -> float:
        return self._clock.monotonic()

    def wait(self, event: threading.Event, timeout_s: float) -> bool:
        if threading.get_ident() != self._thread:
            return self._clock.wait(event, timeout_s)
        deadline = self.monotonic() + timeout_s
        while True:
            check_ending(self._ending)
            left_s = deadline - self.monotonic()
            if self._clock.wait(event, max(0.0, min(left_s, SLICE_S))):
                return True
            if left_s <= SLICE_S:
                return False


def check_ending(ending: threading.Event) -> None:
    """Raise Interrupted when the run is to end."""
    if ending.is_set():
        raise Interrupted(ENDING)

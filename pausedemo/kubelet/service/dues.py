"""When which pod is to be looked at without an event: one heap for all pods."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Iterator
from datetime import datetime


class Dues:
    """Times and the pods that they are for. Safe to use from several threads."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, str]] = []
        self._guard = threading.Lock()

    def add(self, uid: str, due: datetime) -> bool:
        """Remember one; whether it is now the first of all."""
        with self._guard:
            heapq.heappush(self._heap, (due, uid))
            return self._heap[0] == (due, uid)

    def pop(self, now: datetime) -> Iterator[str]:
        """The pods whose times have come, each of which is forgotten."""
        while True:
            with self._guard:
                if not self._heap or self._heap[0][0] > now:
                    return
                _, uid = heapq.heappop(self._heap)
            yield uid

    def next_in_s(self, now: datetime) -> float | None:
        """Seconds until the next time; None: there is none."""
        with self._guard:
            return (self._heap[0][0] - now).total_seconds() if self._heap else None

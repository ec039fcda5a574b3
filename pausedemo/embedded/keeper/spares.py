"""The keeper's stock of spares: who is ready, who must be made, and when."""

from __future__ import annotations

import socket
import time
from collections import deque
from dataclasses import dataclass
from typing import Final

from pausedemo.embedded.keeper import protocol
from pausedemo.embedded.keeper.kinds import FIRST_HAS, Kind
from pausedemo.embedded.keeper.spare import serve_spare
from pausedemo.embedded.kernel import syscalls

#: A pod of pause and three. Each takes 4.5 MB (PSS).
STOCK: Final = {Kind.FIRST: 1, Kind.MIDDLE: 3}
#: How long after the first was taken the missing ones are made: a pod's starts come at once, and
#: should not have to share the processors with that.
REST_S: Final = 0.1
RETRY_S: Final = 5.0
_FLAGS: Final = {Kind.FIRST: int(FIRST_HAS), Kind.MIDDLE: 0}


@dataclass(frozen=True, slots=True)
class Spare:
    """A child that waits for its launch, and the line to it."""

    pid: int
    line: socket.socket


class Spares:
    """Makes spares of the calling process, which must have one thread."""

    def __init__(self) -> None:
        self._ready: dict[Kind, deque[Spare]] = {kind: deque() for kind in Kind}
        self._due: float | None = time.monotonic()

    def take(self, kind: Kind, launch: str, descriptors: list[int]) -> Spare | None:
        """Give a launch, as JSON, to the spare that has waited longest; None: there is no spare."""
        ready = self._ready[kind]
        while ready:
            self._plan()
            spare = ready.popleft()
            try:
                protocol.send_text(spare.line, launch, descriptors)
            except OSError:  # it has ended
                spare.line.close()
                continue
            return spare
        return None

    def forget(self, pid: int) -> None:
        """Let go a spare that has ended, if that is one."""
        for ready in self._ready.values():
            for spare in [one for one in ready if one.pid == pid]:
                ready.remove(spare)
                spare.line.close()
                self._plan()

    def wait_s(self) -> float | None:
        """Seconds until ``refill`` is due; None: nothing is missing."""
        return None if self._due is None else max(0.0, self._due - time.monotonic())

    def refill(self) -> None:
        """Make one of the missing when that is due."""
        if self._due is None or self._due > time.monotonic():
            return
        for kind, ready in self._ready.items():
            if len(ready) < STOCK[kind]:
                try:
                    ready.append(_make(kind))
                except OSError:  # as many processes as may be; later there may be fewer
                    self._due = time.monotonic() + RETRY_S
                return
        self._due = None

    def _plan(self) -> None:
        if self._due is None:
            self._due = time.monotonic() + REST_S


def _make(kind: Kind) -> Spare:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        pid = syscalls.clone(_FLAGS[kind])
        if pid == 0:
            serve_spare(kind, theirs)
    except OSError:
        ours.close()
        raise
    finally:
        theirs.close()
    return Spare(pid, ours)

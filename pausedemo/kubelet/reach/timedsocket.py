"""A socket on which every wait ends at one deadline: a server that dribbles gains no time."""

from __future__ import annotations

import io
import time
from typing import Any


def remaining_s(deadline: float | None) -> float | None:
    """The seconds until ``deadline``, of the monotonic clock; None: there is none.

    TimeoutError when none are left.
    """
    if deadline is None:
        return None
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class TimedSocket:
    """As much of a socket as http.client asks of one. Who made the socket closes it."""

    def __init__(self, wire: Any, deadline: float | None) -> None:
        self._wire = wire
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        self._wire.settimeout(remaining_s(self._deadline))
        self._wire.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        del mode
        return io.BufferedReader(_Reader(self._wire, self._deadline))

    def close(self) -> None:
        """Nothing: http.client closes a connection that it still reads from."""


class _Reader(io.RawIOBase):
    def __init__(self, wire: Any, deadline: float | None) -> None:
        self._wire = wire
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        self._wire.settimeout(remaining_s(self._deadline))
        return int(self._wire.recv_into(buffer))

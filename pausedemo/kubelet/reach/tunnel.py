"""A byte tunnel: a socket on this side, ``nc`` in a container on the other."""

from __future__ import annotations

import contextlib
import math
import select
import socket
import threading
from collections.abc import Callable, Sequence
from typing import Final

from pausedemo.engine.port import ExecStream
from pausedemo.errors import PausedemoError

CHUNK_BYTES: Final = 1 << 16
#: A tunnel outlives its time by so much: whoever uses it should see his own deadline first.
SPARE_S: Final = 2
#: How long the end of nc's words is waited for, once its bytes have ended.
COMPLAINT_TIMEOUT_S: Final = 5.0
#: What a thread meets when the other one, or an end, has closed: ValueError is of a closed file.
_OVER: Final = (OSError, ValueError, PausedemoError)


class Tunnel:
    """Two threads that carry bytes. It ends when either side closes."""

    def __init__(self, stream: ExecStream, owner: contextlib.ExitStack) -> None:
        """``owner`` is closed when it has ended."""
        self.socket, self._far = socket.socketpair()
        self._stream = stream
        self._owner = owner
        self._complaint = bytearray()
        self._ended = threading.Event()
        for carry in (self._carry_out, self._carry_back):
            threading.Thread(target=carry, name="tunnel", daemon=True).start()

    @classmethod
    def open(
        cls,
        run: Callable[[Sequence[str], contextlib.ExitStack], ExecStream],
        host: str,
        port: int,
        timeout_s: float | None,
    ) -> Tunnel:
        """Start ``nc`` by ``run``. With a timeout it is killed some time after that.

        A server that never closes would else keep it in the container for ever.
        """
        argv = ["nc", host, str(port)]
        if timeout_s is not None:
            wait_s = max(1, math.ceil(timeout_s))
            argv = ["nc", "-w", str(wait_s), host, str(port)]
            argv = ["timeout", "-s", "KILL", str(wait_s + SPARE_S), *argv]
        owner = contextlib.ExitStack()
        return cls(run(argv, owner), owner)

    def read_complaint(self) -> str:
        """What nc said, after the end of the tunnel's bytes; empty when it had no trouble."""
        self._ended.wait(COMPLAINT_TIMEOUT_S)
        return self._complaint.decode(errors="replace")

    def _carry_out(self) -> None:
        with contextlib.suppress(*_OVER):
            while data := self._far.recv(CHUNK_BYTES):
                self._stream.write(data)
            if _is_gone(self._far):
                self._owner.close()
            else:
                # Half a connection is closed as a half: the answer is still on its way.
                self._stream.close_stdin()

    def _carry_back(self) -> None:
        try:
            for number, data in self._stream.read():
                if number == 1:
                    self._far.sendall(data)
                else:
                    self._complaint += data
        except _OVER:
            pass
        finally:
            self._ended.set()
            # Wakes the other thread as well, and then the near side.
            with contextlib.suppress(OSError):
                self._far.shutdown(socket.SHUT_RDWR)
            self._far.close()
            self._owner.close()


def _is_gone(end: socket.socket) -> bool:
    """Whether the other end of a pair is closed in both ways: POLLHUP in poll(2)."""
    poll = select.poll()
    poll.register(end, 0)
    return any(events & select.POLLHUP for _, events in poll.poll(0))

"""A pod's port made to answer at an address of this machine."""

from __future__ import annotations

import contextlib
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from pausedemo.core.rules.dialerrors import DialError, join_host_port
from pausedemo.errors import PausedemoError
from pausedemo.kubelet.reach.dialing import Connection, Dialer

CHUNK_BYTES: Final = 1 << 16


class Forwarder:
    """Takes connections at a listening socket and carries their bytes to a pod's port, and back.

    Owns the listener. A connection that cannot be made is closed; ``failures`` tells why.
    """

    def __init__(
        self,
        dialer: Dialer,
        host: str,
        port: int,
        listener: socket.socket,
        timeout_s: float | None = None,
        heard: Callable[[], None] = lambda: None,
        failed: Callable[[DialError], None] = lambda _error: None,
    ) -> None:
        """``heard`` is called for every connection, ``failed`` for one that could not be made."""
        self.failures: list[DialError] = []
        self._heard = heard
        self._failed = failed
        self._dialer = dialer
        self._place = (host, port)
        self._timeout_s = timeout_s
        self._listener = listener
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._closed = False

    def start(self) -> None:
        threading.Thread(target=self._accept, name="forward", daemon=True).start()

    def close(self) -> None:
        """Take no more, and end what is open."""
        with self._lock:
            self._closed = True
            ends = list(self._open)
        # A thread that waits in accept is woken by this, and not by close (accept(2), Linux).
        for end in (self._listener, *ends):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(near,), name="forward", daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        with near:
            self._heard()
            try:
                connection = self._dialer.connect(*self._place, self._timeout_s)
            except DialError as error:
                self._fail(error)
                return
            except PausedemoError:
                return
            with contextlib.closing(connection):
                self._carry_both(near, connection)

    def _carry_both(self, near: socket.socket, connection: Connection) -> None:
        far = connection.socket
        far.settimeout(None)
        with self._lock:
            if self._closed:
                return
            self._open |= {near, far}
        back = threading.Thread(target=_carry, args=(far, near), name="forward", daemon=True)
        back.start()
        _carry(near, far)
        back.join()
        with self._lock:
            self._open -= {near, far}
        if (never := connection.explain()) is not None:
            self._fail(never)

    def _fail(self, error: DialError) -> None:
        self.failures.append(error)
        self._failed(error)


@contextlib.contextmanager
def forwarded(dialer: Dialer, host: str, port: int, timeout_s: float) -> Iterator[str]:
    """An address at which a pod's port answers, as gRPC writes addresses.

    The port's own where it is in reach; else a unix socket that only this user can reach.
    """
    if dialer.is_direct:
        yield join_host_port(host, port)
        return
    with tempfile.TemporaryDirectory(prefix="pausedemo-") as folder:
        path = Path(folder) / "port"
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        listener.listen()
        forwarder = Forwarder(dialer, host, port, listener, timeout_s)
        forwarder.start()
        try:
            yield f"unix:{path}"
        finally:
            forwarder.close()


def _carry(source: socket.socket, target: socket.socket) -> None:
    """Carry bytes until the source ends, and let the target see that end."""
    with contextlib.suppress(OSError):
        while data := source.recv(CHUNK_BYTES):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)

"""How a kubelet reaches a pod's port.

Directly, where the engine's containers are in this process's own network; else by a byte tunnel:
``nc`` in a container that has the network of the engine's machine. Which of both is found out once,
by comparing network namespaces: an address that answers says nothing, because another machine, or
this one, may have a container of the same address.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pausedemo.core.rules.dialerrors import DialError, parse_nc_error, render_dial_error
from pausedemo.errors import PausedemoError
from pausedemo.kubelet.reach.nodecontainer import NodeContainer
from pausedemo.kubelet.reach.tunnel import Tunnel

#: How long the engine may take over a command in the node's container, besides what it does there.
EXEC_TIMEOUT_S: Final = 60.0
#: What tells a machine, and a network on it: one is made anew at each boot, the other is an inode.
_BOOT: Final = "/proc/sys/kernel/random/boot_id"
_NETWORK: Final = "/proc/self/ns/net"


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection to a port. ``explain`` says why one that gave nothing never was; else None.

    A tunnel is there before its far end has been reached, so only the end of its bytes tells.
    """

    socket: socket.socket
    explain: Callable[[], DialError | None]

    def close(self) -> None:
        self.socket.close()


@dataclass(slots=True)
class Dialer:
    """Connects to ports of pods. Safe to use from several threads.

    ``node`` is a container on the engine with the network of its machine. It is made only when
    somebody dials.
    """

    node: NodeContainer
    _direct: bool | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_direct(self) -> bool:
        """Whether the engine's machine is this one, and its network ours."""
        with self._lock:
            if self._direct is None:
                self._direct = self._look()
            return self._direct

    def connect(self, host: str, port: int, timeout_s: float | None) -> Connection:
        """Open a connection; its socket waits for as long as its owner says.

        ``timeout_s``: for connecting; and a tunnel lives no longer than that after all. None:
        without an end. Raises DialError, in Go's words as the kubelet's events have them.
        """
        if self.is_direct:
            return Connection(_dial(host, port, timeout_s), lambda: None)
        tunnel = Tunnel.open(self.node.open, host, port, timeout_s)
        return Connection(tunnel.socket, lambda: _explain(tunnel, host, port))

    def check(self, host: str, port: int, timeout_s: float) -> None:
        """See whether a port takes connections. Raises DialError when it does not."""
        if self.is_direct:
            _dial(host, port, timeout_s).close()
            return
        wait_s = max(1, round(timeout_s))
        argv = ["timeout", "-s", "KILL", str(wait_s + 1)]
        argv += ["nc", "-w", str(wait_s), host, str(port), "-e", "true"]
        done = self.node.exec(argv, timeout_s=timeout_s + EXEC_TIMEOUT_S)
        if done.exit_code:
            text = done.stderr.decode(errors="replace")
            raise DialError(parse_nc_error(text, host, port))

    def _look(self) -> bool:
        script = f"readlink {_NETWORK} && cat {_BOOT}"
        done = self.node.exec(["sh", "-c", script], timeout_s=EXEC_TIMEOUT_S)
        try:
            ours = [str(Path(_NETWORK).readlink()), Path(_BOOT).read_text().strip()]
        except OSError:
            return False
        return done.exit_code == 0 and done.stdout.decode(errors="replace").split() == ours


def _dial(host: str, port: int, timeout_s: float | None) -> socket.socket:
    try:
        return socket.create_connection((host, port), timeout_s)
    except OSError as error:
        raise DialError(render_dial_error(error.errno, host, port, _kind(error))) from error


def _kind(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return "timeout"
    return "lookup" if isinstance(error, socket.gaierror) else "connect"


def _explain(tunnel: Tunnel, host: str, port: int) -> DialError | None:
    said = ""
    with contextlib.suppress(PausedemoError):
        said = tunnel.read_complaint()
    return DialError(parse_nc_error(said, host, port)) if said else None

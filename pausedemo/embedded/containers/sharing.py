"""Which namespaces a container has in common with the node: in those it is from the start.

Nobody may join them from a user namespace: the kernel asks for rights over their owner, setns(2).
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Final

from pausedemo.embedded.containers.container import Container
from pausedemo.embedded.containers.node import Node
from pausedemo.embedded.kernel.syscalls import Namespace

_FILES: Final = {
    "ipc": Namespace.IPC,
    "net": Namespace.NETWORK,
    "pid": Namespace.PID,
    "uts": Namespace.UTS,
}
_MODES: Final = {
    "IpcMode": Namespace.IPC,
    "NetworkMode": Namespace.NETWORK,
    "PidMode": Namespace.PID,
}


def find_shared(pid: int) -> Namespace:
    """Those of IPC, network, PID and UTS that the process has of us; none when it has gone."""
    shared = Namespace(0)
    own, others = Path("/proc/self/ns"), Path(f"/proc/{pid}/ns")
    for name, flag in _FILES.items():
        with contextlib.suppress(OSError):
            if (own / name).stat().st_ino == (others / name).stat().st_ino:
                shared |= flag
    return shared


def plan_shared(node: Node, container: Container) -> Namespace:
    """Those of IPC, network and PID that a container will have, by itself or by whom it joins."""
    shared = Namespace(0)
    own = Namespace(0) if node.networks.host_mode_fd is None else Namespace.NETWORK
    for key, flag in _MODES.items():
        reference = container.donor(key)
        if reference is None:
            shared |= flag & ~own if container.host[key] == "host" else Namespace(0)
            continue
        donor = node.containers.get(reference)
        if donor is not None and donor.process is not None:
            shared |= find_shared(donor.process.pid) & flag
    return shared

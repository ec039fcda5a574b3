"""Which namespaces a container has in common with the node: in those it is from the start.

Nobody may join them from a user namespace: the kernel asks for rights over their owner, setns(2).
"""

from __future__ import annotations

import contextlib
import os
from typing import Final

from pausedemo.embedded.containers.container import Container
from pausedemo.embedded.containers.node import Node
from pausedemo.embedded.kernel.syscalls import Namespace

_FILES: Final = {
    Namespace.IPC: "ipc",
    Namespace.NETWORK: "net",
    Namespace.PID: "pid",
    Namespace.UTS: "uts",
}
#: What a container can have in common with the node.
ALL: Final = Namespace.IPC | Namespace.NETWORK | Namespace.PID | Namespace.UTS
_MODES: Final = {
    "IpcMode": Namespace.IPC,
    "NetworkMode": Namespace.NETWORK,
    "PidMode": Namespace.PID,
}


def find_shared(pid: int, wanted: Namespace = ALL) -> Namespace:
    """Those of ``wanted`` that the process has of us; none when it has gone."""
    shared = Namespace(0)
    for flag, name in _FILES.items():
        if flag & wanted:
            with contextlib.suppress(OSError):
                # No Path objects: each takes longer than its call, and a start asks six times.
                theirs = os.stat(f"/proc/{pid}/ns/{name}").st_ino  # noqa: PTH116
                if theirs == os.stat(f"/proc/self/ns/{name}").st_ino:  # noqa: PTH116
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
            shared |= find_shared(donor.process.pid, flag)
    return shared

"""Which sysctls a container may set: those of a namespace that it does not have of the machine.

All others are the machine's own, and a write by any container would change them for everybody.
Source: runc, libcontainer/configs/validate/validator.go (the names, and the words).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final

from pausedemo.embedded.errors import RUNTIME_FAILED, ServerError
from pausedemo.embedded.kernel.syscalls import Namespace

_OF_IPC: Final = frozenset(
    {"kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shm_rmid_forced"}
    | {"kernel.shmall", "kernel.shmmax", "kernel.shmmni"}
)
_SWAPPED: Final = str.maketrans("./", "/.")


def check_sysctls(names: Iterable[str], shared: Namespace) -> None:
    """Refuse what would be written for the whole machine.

    ``shared``: those of IPC, network and UTS that the container has of the machine. Raises
    ServerError in the words of runc, as dockerd does when such a container is started.
    """
    for name in names:
        wrong = _judge(normalise_name(name), shared)
        if wrong:
            raise ServerError(f"{RUNTIME_FAILED}: sysctl {wrong}: unknown")


def normalise_name(name: str) -> str:
    """With dots between its parts, where its first separator was a slash: sysctl(8)."""
    first = next((one for one in name if one in "./"), ".")
    return name.translate(_SWAPPED) if first == "/" else name


def _judge(name: str, shared: Namespace) -> str:
    quoted = json.dumps(name, ensure_ascii=False)
    if name in _OF_IPC or name.startswith("fs.mqueue."):
        is_host = shared & Namespace.IPC
        return f"{quoted} is not allowed in the hosts ipc namespace" if is_host else ""
    if name.startswith("net."):
        is_host = shared & Namespace.NETWORK
        return f"{quoted} not allowed in host network namespace" if is_host else ""
    if not shared & Namespace.UTS:
        if name == "kernel.domainname":
            return ""
        if name == "kernel.hostname":
            return f'{quoted} is not allowed as it conflicts with the OCI "hostname" field'
    return f"{quoted} is not in a separate kernel namespace"

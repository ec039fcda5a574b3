"""Linux capabilities: names, bits, and which of them a container gets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pausedemo.embedded.errors import BadParameter

#: In the order of their numbers: capabilities(7), include/uapi/linux/capability.h.
NAMES: Final = [
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
]

#: What Docker gives without being asked: moby, oci/caps/defaults.go.
DEFAULT: Final = [
    "CHOWN",
    "DAC_OVERRIDE",
    "FSETID",
    "FOWNER",
    "MKNOD",
    "NET_RAW",
    "SETGID",
    "SETUID",
    "SETFCAP",
    "SETPCAP",
    "NET_BIND_SERVICE",
    "SYS_CHROOT",
    "KILL",
    "AUDIT_WRITE",
]

_BITS: Final = {name: 1 << number for number, name in enumerate(NAMES)}
ALL: Final = (1 << len(NAMES)) - 1


def compute_capabilities(
    added: Iterable[str], dropped: Iterable[str], *, privileged: bool = False
) -> int:
    """The bits that a container's root has. ``ALL`` may be added or dropped.

    Raises BadParameter for a name that is none, in dockerd's words.
    """
    added = [_normalize("CapAdd", name) for name in added]
    dropped = [_normalize("CapDrop", name) for name in dropped]
    if privileged:
        return ALL
    start = ALL if "ALL" in added else _bits(DEFAULT)
    if "ALL" in dropped:
        start = ALL if "ALL" in added else 0
    minus = _bits(name for name in dropped if name != "ALL")
    return (start & ~minus) | _bits(name for name in added if name != "ALL")


def _bits(names: Iterable[str]) -> int:
    total = 0
    for name in names:
        total |= _BITS[name]
    return total


def _normalize(field: str, name: str) -> str:
    word = name.upper().removeprefix("CAP_")
    if word != "ALL" and word not in _BITS:
        raise BadParameter(f'invalid {field}: unknown capability: "CAP_{word}"')
    return word


def bit(name: str) -> int:
    """The bit of a capability, named without CAP_."""
    return _BITS[name]

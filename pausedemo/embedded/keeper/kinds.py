"""Which kind of spare can carry out a launch: told by the engine, so that the keeper need not ask.

The keeper hands a launch on as it came. Only where there is no spare for it, it reads it itself.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from pausedemo.embedded.keeper.launch import Launch
from pausedemo.embedded.kernel.syscalls import Namespace

#: The namespaces that a first spare is made with. That of mounts is a copy of the keeper's, which
#: changes, and so each makes it when it starts.
FIRST_HAS: Final = Namespace.PID | Namespace.IPC | Namespace.UTS


class Kind(Enum):
    """The two kinds of spares.

    ``FIRST`` is process 1 of a PID namespace of its own, and becomes the program. ``MIDDLE`` is
    outside: it does everything for a program that joins a PID namespace, spawns it there, and ends.
    """

    FIRST = "first"
    MIDDLE = "middle"


def choose_kind(launch: Launch) -> Kind | None:
    """The kind of spare that can carry this out as a new child would; None: neither."""
    if launch.program is None:
        return None
    if launch.join_pid is not None:
        return Kind.MIDDLE
    kept = launch.new
    for _, flags in launch.joins:
        kept |= flags
    is_first = launch.new & Namespace.PID and launch.new & Namespace.MOUNT
    return Kind.FIRST if is_first and kept & FIRST_HAS == FIRST_HAS else None

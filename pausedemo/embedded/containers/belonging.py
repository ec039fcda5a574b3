"""Which processes are a container's: those in its mount namespace, which no two share.

No cgroup is needed for that, so it is the same for an ordinary user, and no start has to wait
until the kernel has moved it into one.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

#: Rounds of killing before the rest is left to the kernel; each is a few milliseconds.
KILL_ROUNDS: Final = 100

Find = Callable[[], list[int]]


def find_by_mount_namespace(inode: int) -> list[int]:
    """Process ids whose mount namespace has that inode number, ascending. Reads all of /proc.

    None for 0, which stands for a namespace that could not be looked at: of a program that had
    ended too soon, but also of any process of somebody else.
    """
    if not inode:
        return []
    return sorted(
        int(entry.name)
        for entry in os.scandir("/proc")
        if entry.name.isdecimal() and _mount_namespace(entry.name) == inode
    )


def find_below(pid: int, inode: int) -> list[int]:
    """The same among those below a process, ascending: who loses its parent is below PID 1."""
    if not inode:
        return []
    found, pending = [], [pid]
    while pending:
        with contextlib.suppress(OSError):
            one = pending.pop()
            children = Path(f"/proc/{one}/task/{one}/children").read_text().split()
            pending += map(int, children)
            found += [int(child) for child in children if _mount_namespace(child) == inode]
    return sorted(found)


def kill_all(find: Find) -> None:
    """End every process that is found. Blocks for a few milliseconds; call from a thread."""
    for _ in range(KILL_ROUNDS):
        pids = find()
        if not pids:
            return
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.002)


def _mount_namespace(pid: str) -> int:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/ns/mnt").stat().st_ino
    return 0

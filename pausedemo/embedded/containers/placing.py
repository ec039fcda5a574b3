"""Putting processes into their cgroups without making a start wait for it.

Moving a process takes the kernel a grace period of RCU when it has not been done for a moment,
some 15 ms: more than all the rest of a start. A limit must hold from the first instruction on, so
who has one is moved before its exec. Everybody else's cgroups only say who belongs together: they
are moved after the start, with the children they have by then.
"""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Any, Final

from pausedemo.embedded.containers.container import Container

LIMITS: Final = ("Memory", "MemoryReservation", "NanoCpus", "CpuQuota", "PidsLimit")
#: Children of children, so deep as a program can have forked in a moment.
DEPTH: Final = 16


def has_limits(host: dict[str, Any]) -> bool:
    """Whether something must hold before the first instruction."""
    return any((host.get(name) or 0) > 0 for name in LIMITS)


def files_before_exec(container: Container) -> list[str]:
    """The cgroup.procs files that a new process of the container writes itself into."""
    return container.cgroup_files if has_limits(container.host) else []


def place_later(container: Container, pid: int) -> None:
    """Move a process that has just started, where it has not moved itself."""
    if has_limits(container.host) or not container.cgroup_files:
        return
    work = asyncio.ensure_future(asyncio.to_thread(_place, container.cgroup_files, pid))
    container.placing.add(work)
    work.add_done_callback(container.placing.discard)


async def placed(container: Container) -> None:
    """Wait until all its processes are where they belong."""
    if container.placing:
        await asyncio.wait(container.placing)


def _place(files: list[str], pid: int) -> None:
    pids = [pid]
    for _ in range(DEPTH):
        for one in pids:
            for file in files:
                # Ended already, which is as well.
                with contextlib.suppress(OSError):
                    Path(file).write_text(str(one))
        # Forked before its parent was moved; after that a child is where its parent is.
        pids = [child for one in pids for child in _children(one)]
        if not pids:
            return


def _children(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        return list(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))
    return []

"""Whose is what on the engine: the owner's label, and whether that owner still lives.

An owner is a process. Its mark holds the machine's boot, the PID namespace, the pid and the start
time, because a pid alone comes back (proc(5), starttime) and means nothing on another machine.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
# None of the three numbers has more than 64 bits.
_MARK: Final = re.compile(r"([0-9a-f-]{1,64})\.([0-9]{1,20})\.([0-9]{1,20})\.([0-9]{1,20})")


class Life(StrEnum):
    """What can be said of an owner from here."""

    ALIVE = "alive"
    DEAD = "dead"
    #: Another machine, or another PID namespace of this one: its processes cannot be seen.
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Owner:
    """A process, named so that no other one in the world has the same mark."""

    boot: str
    pid_namespace: int
    pid: int
    start_ticks: int

    @classmethod
    def this_process(cls) -> Owner:
        pid = os.getpid()
        ticks = _start_ticks(pid)
        if ticks is None:
            raise RuntimeError("/proc does not show this process")
        return cls(_boot(), _pid_namespace(), pid, ticks)

    @classmethod
    def parse(cls, mark: str) -> Owner | None:
        """Read a label's value; None when it is no mark of ours."""
        match = _MARK.fullmatch(mark)
        return cls(match[1], int(match[2]), int(match[3]), int(match[4])) if match else None

    def __str__(self) -> str:
        return f"{self.boot}.{self.pid_namespace}.{self.pid}.{self.start_ticks}"

    def life(self) -> Life:
        """Whether the process still runs, as far as that can be seen from here."""
        if (self.boot, self.pid_namespace) != (_boot(), _pid_namespace()):
            return Life.UNKNOWN
        try:
            ticks = _start_ticks(self.pid)
        except PermissionError:
            # /proc is mounted with hidepid=1: proc(5).
            return Life.UNKNOWN
        return Life.ALIVE if ticks == self.start_ticks else Life.DEAD


def _boot() -> str:
    return _BOOT_ID.read_text().strip()


def _pid_namespace() -> int:
    return Path("/proc/self/ns/pid").stat().st_ino


def _start_ticks(pid: int) -> int | None:
    """Field 22 of /proc/PID/stat; the command before it may hold spaces and parentheses."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = text.rpartition(")")[2].split()
    # A zombie has ended; only its parent has not noticed yet.
    return None if fields[0] in ("Z", "X") else int(fields[19])

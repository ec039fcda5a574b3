"""Who may hold something, other than this process: the marks of owners of all three lives."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pausedemo.kubelet.owner import Life, Owner


def make_holder(life: Life) -> Owner:
    """The mark of a process that is not this one, and of which that can be said."""
    this = Owner.this_process()
    if life is Life.DEAD:
        # The pid has come back since: the process of that mark is gone.
        return replace(this, start_ticks=1)
    if life is Life.UNKNOWN:
        return replace(this, pid_namespace=1)
    fields = Path("/proc/1/stat").read_text().rpartition(")")[2].split()
    return replace(this, pid=1, start_ticks=int(fields[19]))

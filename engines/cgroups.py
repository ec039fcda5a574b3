"""A control group of an engine's own in every hierarchy, and its end. cgroups(7)."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import Final

from pausedemo.errors import PausedemoError

ROOT: Final = Path("/sys/fs/cgroup")
#: Once its last process is gone, a group can be removed only a moment later (EBUSY).
REMOVAL_TIMEOUT_S: Final = 10
POLL_S: Final = 0.05


def list_hierarchies(root: Path = ROOT) -> tuple[Path, ...]:
    """The root folder of each mounted hierarchy: one in version 2, one per controller before."""
    if (root / "cgroup.controllers").exists():
        return (root,)
    found = sorted(entry for entry in root.iterdir() if (entry / "cgroup.procs").exists())
    # `cpu` may be a link to `cpu,cpuacct`.
    return tuple(entry for entry in found if not entry.is_symlink())


def make_groups(name: str, root: Path = ROOT) -> None:
    """Make the group ``name`` at the top of every hierarchy; one that is there already stays."""
    hierarchies = list_hierarchies(root)
    if not hierarchies:
        raise PausedemoError(f"no control groups are mounted at {root}")
    for hierarchy in hierarchies:
        group = hierarchy / name
        group.mkdir(exist_ok=True)
        # A new cpuset has no processor and takes no process (version 1 only).
        for setting in ("cpuset.cpus", "cpuset.mems"):
            if hierarchy != root and (hierarchy / setting).exists():
                (group / setting).write_text((hierarchy / setting).read_text())


def remove_groups(name: str, root: Path = ROOT) -> None:
    """Remove the group ``name`` and all below it, everywhere. Its processes have ended."""
    deadline = time.monotonic() + REMOVAL_TIMEOUT_S
    for hierarchy in list_hierarchies(root):
        while (hierarchy / name).exists():
            _remove_tree(hierarchy / name)
            if time.monotonic() > deadline:
                break
            time.sleep(POLL_S)


def _remove_tree(group: Path) -> None:
    """One try at a group and those below it, the lowest first."""
    for folder, _, _ in os.walk(group, topdown=False):
        with contextlib.suppress(OSError):
            Path(folder).rmdir()

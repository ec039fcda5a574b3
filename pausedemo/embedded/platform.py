"""What this machine lets the engine do: root or not, cgroups, overlayfs, seccomp."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pausedemo.embedded.kernel import syscalls

CGROUP_ROOT: Final = Path("/sys/fs/cgroup")
#: The controllers that limits need, by their names in both versions.
CONTROLLERS: Final[tuple[str, ...]] = ("memory", "cpu", "pids", "freezer")


@dataclass(frozen=True, slots=True)
class Platform:
    """What was found at the start. ``cgroups``: controller -> folder that we may write in.

    ``capabilities``: bits that the engine itself may have, and so may give.
    ``uid`` and ``gid`` are the numbers outside, of who started it. ``outside``: a descriptor of
    the mount namespace that it was started in; None: it may not go back there.
    """

    rootless: bool
    single_id: bool
    uid: int
    gid: int
    cgroups: dict[str, Path]
    cgroup_version: int
    overlay: str | None
    capabilities: int
    outside: int | None = None

    @property
    def storage_driver(self) -> str:
        """Docker's word for how layers are stacked."""
        return "overlay2" if self.overlay is not None else "vfs"


def examine(
    scratch: Path,
    *,
    rootless: bool,
    single_id: bool,
    uid: int,
    gid: int,
    outside: int | None = None,
) -> Platform:
    """Try out what the kernel allows. ``scratch`` is an empty folder on the state's disk."""
    version, cgroups = find_cgroups()
    return Platform(
        rootless=rootless,
        single_id=single_id,
        uid=uid,
        gid=gid,
        cgroups=cgroups,
        cgroup_version=version,
        overlay=try_overlay(scratch, rootless=rootless),
        capabilities=syscalls.read_bounding_set(),
        outside=outside,
    )


def find_cgroups() -> tuple[int, dict[str, Path]]:
    """The version in use (1 or 2), and the folder of each controller that we may write in."""
    if (CGROUP_ROOT / "cgroup.controllers").exists():
        names = (CGROUP_ROOT / "cgroup.controllers").read_text().split()
        if not os.access(CGROUP_ROOT / "cgroup.subtree_control", os.W_OK):
            return 2, {}
        names.append("freezer")  # in version 2 every cgroup can freeze
        return 2, {name: CGROUP_ROOT for name in CONTROLLERS if name in names}
    folders = {name: CGROUP_ROOT / name for name in CONTROLLERS}
    return 1, {
        name: folder
        for name, folder in folders.items()
        if (folder / "tasks").exists() and os.access(folder, os.W_OK)
    }


def try_overlay(scratch: Path, *, rootless: bool) -> str | None:
    """The options that overlayfs needs here, to be added after its folders; None: it cannot be."""
    options = ",userxattr" if rootless else ""
    base = scratch / f".overlay-{os.urandom(8).hex()}"
    base.mkdir(mode=0o700)
    try:
        for one in ("lower", "upper", "work", "merged"):
            (base / one).mkdir()
        data = f"lowerdir={base}/lower,upperdir={base}/upper,workdir={base}/work{options}"
        try:
            syscalls.mount("overlay", str(base / "merged"), "overlay", 0, data)
        except OSError:
            return None
        syscalls.unmount(str(base / "merged"))
        # The kernel leaves its own folder in there, which only root of the namespace may enter.
        for left in (base / "work").iterdir():
            with suppress(OSError):
                left.rmdir()
    finally:
        shutil.rmtree(base)
    return options

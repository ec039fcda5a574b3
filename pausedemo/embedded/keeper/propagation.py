"""Which mounts tell others of what is mounted below them, and which hear of it.

Source: mount_namespaces(7), proc_pid_mountinfo(5); the words are those of moby,
daemon/oci_linux.go.
"""

from __future__ import annotations

import errno
import os
import re
from dataclasses import dataclass
from pathlib import Path

from pausedemo.embedded.keeper.launch import Bind, StartFailed
from pausedemo.embedded.kernel.syscalls import MountFlag


@dataclass(frozen=True, slots=True)
class MountEntry:
    """A mount: where it is, whether it is in a group of equals, and whether it follows one."""

    point: str
    is_shared: bool
    is_slave: bool


def check_propagations(binds: list[Bind], *, is_outside: bool) -> None:
    """Refuse those that could not be so in this process's mount namespace: see the next."""
    if all(bind.propagation & MountFlag.PRIVATE for bind in binds):
        return
    text = Path("/proc/self/mountinfo").read_text(errors="surrogateescape")
    table = parse_mount_table(text)
    for bind in binds:
        check_propagation(table, bind, is_outside=is_outside)


def parse_mount_table(text: str) -> list[MountEntry]:
    """The lines of a ``mountinfo``, in their order."""
    table = []
    for line in text.splitlines():
        fields = line.partition(" - ")[0].split(" ")
        tags = {tag.partition(":")[0] for tag in fields[6:]}
        table.append(MountEntry(_unescape(fields[4]), "shared" in tags, "master" in tags))
    return table


def find_mount(table: list[MountEntry], path: str) -> MountEntry:
    """The mount that an absolute path without links is on: of several at one place, the last."""
    above = [
        entry for entry in table if entry.point == "/" or f"{path}/".startswith(f"{entry.point}/")
    ]
    return max(reversed(above), key=lambda entry: len(entry.point))


def check_propagation(table: list[MountEntry], bind: Bind, *, is_outside: bool) -> None:
    """Refuse what could not be so: raises StartFailed, of the step ``propagation``.

    ``is_outside``: the table is the node's; else the engine's own, where what follows the node's
    is a slave, and nothing reaches the node.
    """
    if bind.propagation & MountFlag.PRIVATE:
        return
    path = os.path.realpath(bind.source)
    entry = find_mount(table, path)
    if bind.propagation & MountFlag.SHARED:
        possible, wanted = is_outside and entry.is_shared, "shared"
    else:
        possible, wanted = entry.is_slave or (is_outside and entry.is_shared), "shared or slave"
    if not possible:
        text = f"path {bind.source} is mounted on {entry.point} but it is not a {wanted} mount"
        raise StartFailed("propagation", errno.EINVAL, text)


def _unescape(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)

"""What a dockerd leaves in the kernel when it is not stopped well: processes, mounts, a bridge.

Everything is found by a name that only our own engine has: its exec root in a command line,
its folders in the mount table, its bridge. Nothing else of the machine is looked for.
"""

from __future__ import annotations

import ctypes
import ipaddress
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pausedemo.errors import PausedemoError
from pausedemo.host import find_program

COMMAND_TIMEOUT_S: Final = 10
GONE_TIMEOUT_S: Final = 5
POLL_S: Final = 0.02
MNT_DETACH: Final = 2

# Pods usually get their addresses from here; the first /24 that no route of the machine meets.
BRIDGE_NETWORKS: Final = ipaddress.IPv4Network("10.244.0.0/16")


def end_processes_of(exec_root: Path) -> None:
    """Kill dockerd, containerd and its shims that serve ``exec_root``, and all under them.

    A stopped dockerd has ended them itself; a killed one has not: shims outlive it on purpose.
    """
    servers = _processes_naming(exec_root)
    # The shims last: they are the subreapers of what runs in their containers.
    for pid in [*_descendants(servers), *servers]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    deadline = time.monotonic() + GONE_TIMEOUT_S
    while _processes_naming(exec_root) and time.monotonic() < deadline:
        time.sleep(POLL_S)


def unmount_under(folder: Path) -> None:
    """Detach every mount at or below ``folder``, the latest first."""
    libc = ctypes.CDLL(None, use_errno=True)
    for target in reversed(list_mounts_under(folder)):
        libc.umount2(os.fsencode(target), MNT_DETACH)


def list_mounts_under(folder: Path) -> list[str]:
    """Mount points at or below ``folder``, in the kernel's order. proc(5), mountinfo, field 5."""
    prefix = str(folder)
    targets = []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        target = line.split(" ")[4].replace("\\040", " ")
        if target == prefix or target.startswith(prefix + "/"):
            targets.append(target)
    return targets


def make_bridge(name: str) -> None:
    """A bridge with an address of a network that no route of this machine knows yet."""
    remove_bridge(name)
    routes = json.loads(_ip("-json", "-4", "route", "show", "table", "all") or "[]")
    network = choose_network(str(route.get("dst", "default")) for route in routes)
    gateway = next(network.hosts())
    _ip("link", "add", "name", name, "type", "bridge")
    _ip("address", "add", f"{gateway}/{network.prefixlen}", "dev", name)
    _ip("link", "set", name, "up")


def remove_bridge(name: str) -> None:
    """Delete a bridge; one that is not there is no error."""
    if Path("/sys/class/net", name).exists():
        _ip("link", "delete", name)


def choose_network(destinations: Iterable[str]) -> ipaddress.IPv4Network:
    """The first /24 of ours that meets none of the routes' destinations (``default`` is ignored).

    Raises PausedemoError when all are taken.
    """
    taken = [ipaddress.ip_network(text) for text in destinations if text != "default"]
    for network in BRIDGE_NETWORKS.subnets(new_prefix=24):
        if not any(network.overlaps(other) for other in taken):
            return network
    raise PausedemoError(f"no network of {BRIDGE_NETWORKS} is free for a bridge")


def _ip(*arguments: str) -> str:
    program = str(find_program("ip") or "ip")
    done = subprocess.run(
        [program, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=COMMAND_TIMEOUT_S,
        check=False,
    )
    if done.returncode != 0:
        raise PausedemoError(f"ip {' '.join(arguments)} failed: {done.stderr.strip()}")
    return done.stdout


def _processes_naming(path: Path) -> list[int]:
    """Processes with an argument at or below ``path``; ended ones have no arguments any more."""
    exact = os.fsencode(path)
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if any(one == exact or one.startswith(exact + b"/") for one in arguments):
            found.append(int(entry.name))
    return found


def _descendants(ancestors: Iterable[int]) -> list[int]:
    """All processes below ``ancestors``, children before their own children."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            stat = (entry / "stat").read_text()
        except OSError:
            continue
        # The command's name may hold spaces and brackets: count from its closing bracket.
        parent = int(stat.rpartition(")")[2].split()[1])
        children.setdefault(parent, []).append(int(entry.name))
    found: list[int] = []
    pending = list(ancestors)
    while pending:
        below = children.get(pending.pop(), [])
        found += below
        pending += below
    return found

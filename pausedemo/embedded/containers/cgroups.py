"""A container's cgroups, where they may be written: limits, freezing, who belongs to it.

Version 1 has one tree for each controller, version 2 one for all. Where none may be written
(an ordinary user without delegation) the processes of a container are found by their mount
namespace instead.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path
from typing import Any, Final

from pausedemo.embedded.containers.belonging import KILL_ROUNDS, Find
from pausedemo.embedded.errors import ServerError
from pausedemo.embedded.platform import Platform

#: Rounds of looking for processes that were forked while others were moved.
FREEZE_ROUNDS: Final = 20
CPU_PERIOD_US: Final = 100_000
#: Version 1: of memory and swap together.
SWAP_LIMIT: Final = "memory.memsw.limit_in_bytes"


class Cgroups:
    """All cgroups of one engine, in folders named after it. ``key`` tells engines apart."""

    def __init__(self, platform: Platform, key: str) -> None:
        self._version = platform.cgroup_version
        self._name = f"pausedemo-{key}"
        self._trees = {name: folder / self._name for name, folder in platform.cgroups.items()}
        #: The containers that have any: without limits one has none, unless it was paused.
        self._made: set[str] = set()
        if self._version == 2 and self._trees:
            self._open_unified()

    @property
    def controllers(self) -> frozenset[str]:
        """Those that can hold a limit here."""
        return frozenset(self._trees)

    @property
    def can_freeze(self) -> bool:
        """Whether containers may be paused here."""
        return "freezer" in self._trees

    def make(self, container: str, host: dict[str, Any]) -> list[str]:
        """Make the cgroups that a container's limits need; the files that a process joins by."""
        files: dict[Path, None] = {}
        for name, tree in self._trees.items():
            settings = self._settings(name, host)
            if not settings:
                continue
            folder = tree / container
            self._made.add(container)
            try:
                folder.mkdir(parents=True, exist_ok=True)
                for file, value in settings:
                    if file == SWAP_LIMIT and not (folder / file).exists():
                        continue  # a kernel that does not count swap; dockerd drops it, too
                    (folder / file).write_text(value)
            except OSError as error:
                raise ServerError(f"cannot set the {name} cgroup: {error.strerror}") from error
            files[folder / "cgroup.procs"] = None
        return [str(file) for file in files]

    def shown(self, container: str) -> dict[str, Path]:
        """What a container with limits finds of its cgroups, by the name below /sys/fs/cgroup.

        The one name of version 2 is empty.
        """
        if container not in self._made:
            return {}
        folders = {name: tree / container for name, tree in self._trees.items()}
        found = {name: folder for name, folder in folders.items() if folder.is_dir()}
        return {"": next(iter(found.values()))} if found and self._version == 2 else found

    def freeze(self, container: str, find: Find) -> None:
        """Let the processes that are found stand still. Raises OSError."""
        folder = self._trees["freezer"] / container
        self._made.add(container)
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "cgroup.procs"
        for _ in range(FREEZE_ROUNDS):  # they fork until they are frozen
            outside = set(find()) - set(map(int, file.read_text().split()))
            if not outside:
                break
            for pid in outside:
                with contextlib.suppress(ProcessLookupError):
                    file.write_text(str(pid))
        self._set_frozen(folder, frozen=True)

    def thaw(self, container: str) -> None:
        """Let frozen processes go on. Raises OSError."""
        self._set_frozen(self._trees["freezer"] / container, frozen=False)

    def _set_frozen(self, folder: Path, *, frozen: bool) -> None:
        if self._version == 2:
            (folder / "cgroup.freeze").write_text("1" if frozen else "0")
        else:
            (folder / "freezer.state").write_text("FROZEN" if frozen else "THAWED")

    def was_oom_killed(self, container: str) -> bool:
        """Whether the kernel killed one of its processes for want of memory."""
        tree = self._trees.get("memory")
        if tree is None or container not in self._made:
            return False
        name = "memory.events" if self._version == 2 else "memory.oom_control"
        with contextlib.suppress(OSError):
            for line in (tree / container / name).read_text().splitlines():
                if line.startswith("oom_kill "):
                    return int(line.split()[1]) > 0
        return False

    def remove(self, container: str) -> None:
        """Take its folders away, as far as nobody lives in them."""
        if container not in self._made:
            return
        self._made.discard(container)
        for tree in set(self._trees.values()):
            try:
                (tree / container).rmdir()
            except FileNotFoundError:
                continue
            except OSError:
                self._made.add(container)

    def sweep(self) -> None:
        """End and remove what an earlier engine of this name left, and the engine's own folders."""
        for tree in set(self._trees.values()):
            if not tree.exists():
                continue
            for folder in [one for one in tree.iterdir() if one.is_dir()]:
                with contextlib.suppress(OSError):
                    state = folder / "freezer.state"
                    if state.exists():
                        state.write_text("THAWED")
                    for pid in map(int, (folder / "cgroup.procs").read_text().split()):
                        with contextlib.suppress(ProcessLookupError):
                            os.kill(pid, signal.SIGKILL)
                for _ in range(KILL_ROUNDS):
                    with contextlib.suppress(OSError):
                        folder.rmdir()
                        break
                    time.sleep(0.01)

    def close(self) -> None:
        """Remove the engine's own folders."""
        for tree in set(self._trees.values()):
            with contextlib.suppress(OSError):
                tree.rmdir()

    def _open_unified(self) -> None:
        tree = next(iter(self._trees.values()))  # one for all
        wanted = " ".join(f"+{name}" for name in ("memory", "cpu", "pids") if name in self._trees)
        try:
            (tree.parent / "cgroup.subtree_control").write_text(wanted)
            tree.mkdir(exist_ok=True)
            (tree / "cgroup.subtree_control").write_text(wanted)
        except OSError:
            self._trees = {}

    def _settings(self, controller: str, host: dict[str, Any]) -> list[tuple[str, str]]:
        unified = self._version == 2
        memory, swap = host.get("Memory") or 0, host.get("MemorySwap") or 0
        match controller:
            case "memory" if unified:
                settings = [("memory.max", str(memory))] if memory > 0 else []
                if memory > 0:
                    more = "max" if swap == -1 else str(max(swap - memory, 0) if swap else memory)
                    settings.append(("memory.swap.max", more))
                if host.get("MemoryReservation"):
                    settings.append(("memory.low", str(host["MemoryReservation"])))
            case "memory":
                settings = [("memory.limit_in_bytes", str(memory))] if memory > 0 else []
                if memory > 0:
                    settings.append((SWAP_LIMIT, str(swap or 2 * memory)))
                if host.get("MemoryReservation"):
                    settings.append(("memory.soft_limit_in_bytes", str(host["MemoryReservation"])))
            case "pids":
                limit = host.get("PidsLimit") or 0
                settings = [("pids.max", str(limit))] if limit > 0 else []
            case "cpu":
                settings = self._cpu_settings(host)
            case _:
                settings = []
        return settings

    def _cpu_settings(self, host: dict[str, Any]) -> list[tuple[str, str]]:
        shares = host.get("CpuShares") or 0
        period = host.get("CpuPeriod") or CPU_PERIOD_US
        quota = host.get("CpuQuota") or 0
        if host.get("NanoCpus"):
            quota = int(host["NanoCpus"] * period / 1_000_000_000)
        if self._version == 2:
            # runc's translation of 2..262144 shares into 1..10000 of weight.
            weight = min(1 + (max(shares - 2, 0) * 9999) // 262142, 10_000) if shares else 0
            settings = [("cpu.weight", str(weight))] if weight else []
            if quota > 0:
                settings.append(("cpu.max", f"{quota} {period}"))
            return settings
        settings = [("cpu.shares", str(shares))] if shares else []
        if quota > 0:
            settings += [("cpu.cfs_period_us", str(period)), ("cpu.cfs_quota_us", str(quota))]
        return settings

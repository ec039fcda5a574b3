"""A keeper without an engine: programs started from a plain folder, and what they print."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pausedemo.embedded.keeper import spares
from pausedemo.embedded.keeper.client import Keeper, Process
from pausedemo.embedded.keeper.launch import Bind, Launch, Mount, Program, Root
from pausedemo.embedded.keeper.process import fork_keeper
from pausedemo.embedded.kernel.syscalls import Namespace, read_bounding_set

NEW = Namespace.MOUNT | Namespace.PID | Namespace.IPC | Namespace.UTS
TIMEOUT_S = 60
ALL = read_bounding_set()


def make_root(tree: Path, **more: Any) -> Root:
    """The folder as a container's root, with proc and the devices that programs need."""
    mounts: list[Mount | Bind] = [
        Mount("proc", "/proc"),
        Mount("tmpfs", "/dev", 0, "mode=755"),
        Mount("devpts", "/dev/pts", 0, "newinstance,ptmxmode=0666,mode=0620,gid=5"),
        Bind("/dev/null", "/dev/null", recursive=False),
        Bind("/dev/zero", "/dev/zero", recursive=False),
        *more.pop("mounts", ()),
    ]
    return Root(target=str(tree), tree=True, mounts=mounts, **more)


@dataclass(frozen=True)
class Kept:
    """A keeper that runs, and the folder that its programs see."""

    keeper: Keeper
    pid: int
    tree: Path

    async def launch(
        self,
        *argv: str,
        descriptors: tuple[int, ...] = (),
        launch: dict[str, Any] | None = None,
        root: dict[str, Any] | None = None,
        **program: Any,
    ) -> Process:
        """Start a program in namespaces of its own. The words are fields of each part."""
        given = {"env": [], "capabilities": ALL, **program}
        asked = Launch(
            **{
                "new": int(NEW),
                "root": make_root(self.tree, **(root or {})),
                "program": Program(argv=list(argv), **given),
                **(launch or {}),
            }
        )
        return await asyncio.wait_for(self.keeper.launch(asked, descriptors), TIMEOUT_S)

    async def run(self, *argv: str, **more: Any) -> tuple[int, str]:
        """Exit code and all that it printed."""
        reading, writing = os.pipe()
        try:
            launch = {"stdio": [None, 0, 0], **more.pop("launch", {})}
            process = await self.launch(*argv, descriptors=(writing,), launch=launch, **more)
        except BaseException:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        try:
            said = await asyncio.to_thread(read_all, reading)
            return await ended(process), said
        finally:
            os.close(reading)


async def ended(process: Process) -> int:
    """Its exit code, once it has ended; the process is given back."""
    try:
        return await asyncio.wait_for(asyncio.shield(process.ended), TIMEOUT_S)
    finally:
        process.close()


async def full(kept: Kept, *, besides: int = 0, without: int = 0) -> set[int]:
    """The spares, once there are as many as shall be."""
    children = Path(f"/proc/{kept.pid}/task/{kept.pid}/children")
    deadline = time.monotonic() + TIMEOUT_S
    while True:
        pids = {*map(int, children.read_text().split())} - {besides}
        is_full = len(pids) == sum(spares.STOCK.values()) and without not in pids
        if is_full and all(map(is_waiting, pids)):
            return pids
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


def is_waiting(pid: int) -> bool:
    """Whether it has rehearsed: it sleeps, and is back in the keeper's mount namespace."""
    try:
        return "recvmsg" in Path(f"/proc/{pid}/stack").read_text()
    except OSError:
        return False


def read_all(descriptor: int) -> str:
    with open(descriptor, "rb", closefd=False) as stream:
        return stream.read().decode()


def with_keeper(tree: Path, test: Callable[[Kept], Awaitable[None]]) -> None:
    """Run ``test`` with a keeper; at the end it and all that it started is gone."""

    async def call(channel: Any, pid: int) -> None:
        async with _keeping(channel, pid, tree) as kept:
            await test(kept)

    # Before the loop, whose threads a fork would not take along.
    pid, channel = fork_keeper()
    try:
        asyncio.run(call(channel, pid))
    finally:
        channel.close()
        _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0


@contextlib.asynccontextmanager
async def _keeping(channel: Any, pid: int, tree: Path) -> AsyncIterator[Kept]:
    keeper = Keeper(channel, asyncio.get_running_loop())
    try:
        yield Kept(keeper, pid, tree)
    finally:
        keeper.close()

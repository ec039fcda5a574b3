"""Deletes links behind everybody's back: one deletion takes 20 ms, and many at once take no more.

The kernel waits for RCU grace periods and for the device's last users, most of the time without
the lock that new links need, so a thread of its own keeps that off the path of a start.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from pausedemo.embedded.network.links import Links
from pausedemo.embedded.network.namespaces import NodeThread


class Reaper:
    """Collects links in device groups and deletes group by group."""

    def __init__(self, node: NodeThread, links: Links) -> None:
        self._node = node
        self._links = links
        self._thread = ThreadPoolExecutor(1, "pausedemo-reaper")
        self._group = 1
        self._doomed: set[int] = set()
        self._running: asyncio.Task[None] | None = None

    async def remove(self, links: Sequence[str]) -> None:
        """Cut links off at once, and have them deleted soon."""
        group = self._group
        await self._node.run(self._links.put_aside, links, group)
        # While links were put aside their group may already have been deleted: then once more.
        self._doomed.add(group)
        if self._running is None or self._running.done():
            self._running = asyncio.get_running_loop().create_task(self._delete())

    async def settle(self) -> None:
        """Wait until all links given so far are gone."""
        while self._running is not None and not self._running.done():
            await asyncio.shield(self._running)

    async def close(self) -> None:
        await self.settle()
        self._thread.shutdown()

    async def _delete(self) -> None:
        loop = asyncio.get_running_loop()
        while self._doomed:
            self._group += 1
            group = self._doomed.pop()
            await loop.run_in_executor(self._thread, self._links.delete_group, group)

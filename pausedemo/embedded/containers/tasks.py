"""Work that goes on beside the requests."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


class Tasks:
    """Holds tasks until they are done: the event loop itself would let them be collected."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._all: set[asyncio.Task[Any]] = set()

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Begin some work."""
        task = self._loop.create_task(work)
        self._all.add(task)
        task.add_done_callback(self._all.discard)
        return task

    async def settle(self) -> None:
        """Wait until none is left; those that they have begun are waited for, too."""
        while self._all:
            await asyncio.gather(*self._all, return_exceptions=True)

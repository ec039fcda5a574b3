"""Waiting for a container's end.

No coroutines, which would only begin to wait when the loop comes to them: by then a container
that was seen running may have ended, and never end again.
"""

from __future__ import annotations

import asyncio

from pausedemo.embedded.containers.container import Container


def wait_end(loop: asyncio.AbstractEventLoop, container: Container) -> asyncio.Future[int]:
    """The exit code of its next end."""
    if container.ended is None:
        container.ended = loop.create_future()
    return asyncio.shield(container.ended)


def wait_removed(loop: asyncio.AbstractEventLoop, container: Container) -> asyncio.Future[int]:
    """The exit code it had when it was removed."""
    if container.removed is None:
        container.removed = loop.create_future()
    return asyncio.shield(container.removed)

"""A container's removal."""

from __future__ import annotations

import asyncio

from pausedemo.embedded.containers.container import Container, Status
from pausedemo.embedded.containers.events import tell_removed
from pausedemo.embedded.containers.making import Maker
from pausedemo.embedded.containers.node import Node


class Remover:
    """Takes away what the engine has of containers that do not run."""

    def __init__(self, node: Node, maker: Maker) -> None:
        self._node = node
        self._maker = maker

    async def remove(self, container: Container, *, volumes: bool) -> None:
        """Remove it, unless that is done already. ``volumes``: its anonymous ones as well."""
        node, state = self._node, container.state
        if node.containers.get(container.id) is None:
            return
        container.cancel_restart()
        state.status = Status.REMOVING
        code = state.exit_code
        if container.log is not None:
            container.log.close()
        node.containers.remove(container)
        removed = await asyncio.to_thread(
            self._maker.discard, container.id, container.placed, volumes=volumes
        )
        tell_removed(node, removed)
        node.tell("destroy", container)
        if container.removed is not None:
            container.removed.set_result(code)

    async def forget_all(self) -> None:
        """The engine ends: take away all of them, and tell nobody."""
        for container in self._node.containers:
            await asyncio.to_thread(self._maker.discard, container.id, container.placed)
            if container.log is not None:
                container.log.close()
            self._node.containers.remove(container)

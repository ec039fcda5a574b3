"""What containers run on: the parts of the engine that their life needs, in one place."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from pausedemo.embedded.containers.cgroups import Cgroups
from pausedemo.embedded.containers.container import Container
from pausedemo.embedded.containers.registry import Containers
from pausedemo.embedded.events import EventBus
from pausedemo.embedded.keeper.client import Keeper
from pausedemo.embedded.network.networks import Networks
from pausedemo.embedded.platform import Platform
from pausedemo.embedded.seccomp.filters import SeccompFilters


@dataclass(frozen=True, slots=True)
class Node:
    """``folder``: where containers lie on disk."""

    loop: asyncio.AbstractEventLoop
    platform: Platform
    keeper: Keeper
    cgroups: Cgroups
    networks: Networks
    containers: Containers
    events: EventBus
    seccomp: SeccompFilters
    folder: Path

    def tell(self, action: str, container: Container) -> None:
        """Publish an event of a container."""
        self.events.publish("container", action, container.id, container.attributes())

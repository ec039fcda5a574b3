"""An engine put together: its parts, and their start and end in order."""

from __future__ import annotations

import asyncio
import socket
import uuid
from collections.abc import Sequence

from aiohttp import web

from pausedemo.embedded.api.build import BuildApi
from pausedemo.embedded.api.commit import CommitApi
from pausedemo.embedded.api.containers import ContainersApi
from pausedemo.embedded.api.events import EventsApi
from pausedemo.embedded.api.files import FilesApi
from pausedemo.embedded.api.images import ImagesApi
from pausedemo.embedded.api.networks import NetworksApi
from pausedemo.embedded.api.streams import StreamsApi
from pausedemo.embedded.api.system import SystemApi
from pausedemo.embedded.api.usage import UsageApi
from pausedemo.embedded.api.volumes import VolumesApi
from pausedemo.embedded.containers.cgroups import Cgroups
from pausedemo.embedded.containers.execs import Execs
from pausedemo.embedded.containers.launching import make_base
from pausedemo.embedded.containers.life import Lives
from pausedemo.embedded.containers.making import Maker
from pausedemo.embedded.containers.members import Member
from pausedemo.embedded.containers.node import Node
from pausedemo.embedded.containers.registry import Containers
from pausedemo.embedded.containers.workbench import EngineWorkbench
from pausedemo.embedded.events import EventBus
from pausedemo.embedded.images.store import ImageStore
from pausedemo.embedded.keeper.client import Keeper
from pausedemo.embedded.network.networks import Networks
from pausedemo.embedded.platform import Platform
from pausedemo.embedded.seccomp.filters import SeccompFilters
from pausedemo.embedded.state import StateFolder
from pausedemo.embedded.tmpfs import TmpfsMounter
from pausedemo.embedded.volumes import Volumes


class EmbeddedEngine:
    """All parts of one engine. ``open`` before use, ``close`` after."""

    def __init__(self, state: StateFolder, platform: Platform, channel: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        events, containers = EventBus(), Containers()
        self.events = events
        self.keeper = Keeper(channel, loop)
        self._cgroups = Cgroups(platform, state.key)
        self._networks = Networks(rootless=platform.rootless, events=events)
        self._seccomp = SeccompFilters(single_id=platform.single_id)
        self._images = ImageStore(
            state.images, rootless=platform.rootless, single_id=platform.single_id
        )
        self._images.containers = _Users(containers)
        self._volumes = Volumes(state.volumes, TmpfsMounter())
        self._node = Node(
            loop=loop,
            platform=platform,
            keeper=self.keeper,
            cgroups=self._cgroups,
            networks=self._networks,
            containers=containers,
            events=events,
            seccomp=self._seccomp,
            folder=state.containers,
        )
        maker = Maker(
            state.containers, containers, self._images, self._volumes, self._cgroups.controllers
        )
        self._execs = Execs(self._node)
        self._lives = Lives(self._node, maker, self._execs)
        self._id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"pausedemo:{state.path}"))

    async def open(self) -> None:
        """Sweep what an earlier engine left, and get ready for requests."""
        await asyncio.to_thread(self._cgroups.sweep)
        await asyncio.to_thread(make_base, self._node.folder)
        await self._networks.open()

    async def close(self, *, at_once: bool = False) -> None:
        """Stop every container in order, and give everything back.

        ``at_once``: kill them instead.
        """
        self.events.close()
        await self._lives.close(at_once=at_once)
        await self._networks.close()
        self.keeper.close()
        await asyncio.to_thread(self._cgroups.close)
        self._seccomp.close()

    def routes(self) -> Sequence[web.RouteDef]:
        """Every endpoint, without the version's prefix."""
        node = self._node
        bench = EngineWorkbench(node, self._lives, self._images)
        return [
            *SystemApi(node, self._id, lambda: len(self._images.images())).routes(),
            *ContainersApi(node, self._lives, self._execs).routes(),
            *StreamsApi(node, self._lives, self._execs).routes(),
            *FilesApi(node).routes(),
            *EventsApi(self.events).routes(),
            *BuildApi(bench).routes(),
            *CommitApi(node, self._lives, self._images, bench).routes(),
            *ImagesApi(self._images, self.events).routes(),
            *NetworksApi(
                self._networks, lambda reference: Member(node, node.containers.find(reference))
            ).routes(),
            *UsageApi(node, self._images, self._volumes).routes(),
            *VolumesApi(self._volumes, self.events).routes(),
        ]


class _Users:
    """Which containers use an image: what the image store asks before it deletes one."""

    def __init__(self, containers: Containers) -> None:
        self._containers = containers

    def in_use(self, image_id: str) -> list[str]:
        return [one.id for one in self._containers if one.image.id == image_id]

    def is_running(self, container_id: str) -> bool:
        found = self._containers.get(container_id)
        return found is not None and found.state.is_running

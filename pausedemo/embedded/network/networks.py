"""The network part of an engine: networks, and the sandboxes that are on them."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from pausedemo.embedded.errors import ServerError
from pausedemo.embedded.filters import Filters, parse_until
from pausedemo.embedded.network import dns, files, placing, views
from pausedemo.embedded.network.links import Links, Plan
from pausedemo.embedded.network.model import (
    Attachment,
    DnsOptions,
    Endpoint,
    Events,
    Network,
    Port,
    Sandbox,
)
from pausedemo.embedded.network.names import Names
from pausedemo.embedded.network.namespaces import NodeThread
from pausedemo.embedded.network.outside import Outside, Reach
from pausedemo.embedded.network.ports import Publisher
from pausedemo.embedded.network.reaper import Reaper
from pausedemo.embedded.network.registry import Registry

_REST_S: Final = 0.1
_HOST_RESOLV_CONF: Final = Path("/etc/resolv.conf")


class Networks:
    """All of it. One per engine; everything but kernel work runs in the engine's loop."""

    def __init__(self, *, rootless: bool, events: Events) -> None:
        self._rootless = rootless
        self._node = NodeThread()
        self._links = Links(self._node, rootless=rootless)
        self._reaper = Reaper(self._node, self._links)
        self._outside = Outside(self._node, rootless=rootless)
        self._registry = Registry(
            self._node, self._links, self._reaper, self._outside, events, rootless=rootless
        )
        self._names = Names(self._registry.networks.values())
        self._publisher = Publisher(self._dial)
        self._sandboxes: dict[str, Sandbox] = {}
        self._refilling: asyncio.TimerHandle | None = None

    async def open(self) -> None:
        """Make the node namespace and the predefined networks. OSError: the kernel forbids it."""
        await self._node.open()
        await self._outside.open()
        await self._registry.open()
        self._refill_later()

    async def close(self) -> None:
        """Release every sandbox, and let the node namespace go with all that is in it."""
        if self._refilling is not None:
            self._refilling.cancel()
        await self._node.run(self._links.close)
        for sandbox in tuple(self._sandboxes.values()):
            await self.release(sandbox)
        await self._registry.close()
        await self._outside.close()
        await self._reaper.close()
        await self._node.close()

    @property
    def host_mode_fd(self) -> int | None:
        """What network mode ``host`` means: None for the host's own namespace.

        Rootless it is the node namespace, as with rootless Docker: there containers are in reach.
        """
        return self._node.node_fd if self._rootless else None

    def describe(self) -> Reach:
        """Whether containers reach the outside, and how or why not."""
        return self._outside.describe()

    async def settle(self) -> None:
        """Wait until the links of released sandboxes are gone, some 20 ms after ``release``.

        And until the next sandbox is made ahead.
        """
        await self._reaper.settle()
        await self._node.run(self._links.refill)

    # Sandboxes

    async def connect_sandbox(
        self, container_id: str, name: str, attachments: Sequence[Attachment]
    ) -> Sandbox:
        """A network namespace with a link for each attachment, or with ``lo`` only.

        Raises NotFound for a network, Forbidden for an address, ServerError for the kernel.
        """
        sandbox = Sandbox(os.urandom(32).hex(), container_id, name, -1)
        plans: list[Plan] = []
        try:
            for attachment in attachments:
                network = self._registry.find(attachment.network)
                plans.append(placing.reserve(network, sandbox, attachment))
            await self._node.run(self._make, sandbox, plans)
            self._refill_later()
            self._sandboxes[sandbox.id] = sandbox
            await self._serve_names(sandbox)
        except BaseException as error:
            await self._drop(sandbox)
            if isinstance(error, OSError):
                raise ServerError(f"network of container {name}: {error}") from error
            raise
        self._announce("connect", sandbox)
        return sandbox

    async def release(self, sandbox: Sandbox) -> None:
        """Free addresses, ports and the descriptor, and cut the links off.

        That even if a process still lives in the namespace: so does dockerd when the owner of a
        shared namespace dies.
        """
        if not sandbox.released:
            self._announce("disconnect", sandbox)
            await self._drop(sandbox)

    async def connect(self, sandbox: Sandbox, attachment: Attachment) -> Endpoint:
        """Give a live sandbox one more network."""
        network = self._registry.find(attachment.network)
        plan = placing.reserve(network, sandbox, attachment)
        try:
            await self._node.run(self._links.add, sandbox.netns_fd, [plan])
            await self._serve_names(sandbox)
            if sandbox.gateway_endpoint is plan.endpoint:
                await self._node.run(self._links.set_default_route, sandbox.netns_fd, plan.endpoint)
        except BaseException as error:
            await self._leave(sandbox, network)
            if isinstance(error, OSError):
                raise ServerError(
                    f"network {network.name} of container {sandbox.name}: {error}"
                ) from error
            raise
        self._registry.announce("connect", network, sandbox)
        return plan.endpoint

    async def disconnect(self, sandbox: Sandbox, network: str) -> None:
        """Take a network from a live sandbox."""
        found = self._registry.find(network)
        if found.name not in sandbox.endpoints:
            raise ServerError(
                f"container {sandbox.container_id} is not connected to network {found.name}"
            )
        was_gateway = sandbox.gateway_endpoint is sandbox.endpoints[found.name]
        await self._leave(sandbox, found)
        await self._reaper.settle()
        endpoint = sandbox.gateway_endpoint
        if was_gateway and endpoint is not None and not sandbox.released:
            await self._node.run(self._links.set_default_route, sandbox.netns_fd, endpoint)
        self._registry.announce("disconnect", found, sandbox)

    def rename(self, sandbox: Sandbox, name: str) -> None:
        """Let a container be found by another name."""
        sandbox.name = name

    async def publish(
        self, sandbox: Sandbox, wanted: Mapping[str, Iterable[Port]]
    ) -> dict[str, list[tuple[str, int]]]:
        """Open ports on the host: by ``8080/tcp`` host address ("" for all) and port (None: any).

        The answer has the real ones. Nothing is opened for a container without an address.
        Raises ServerError in dockerd's words, when nothing is left open.
        """
        endpoint = sandbox.gateway_endpoint
        if endpoint is None:
            return {}
        ports = await self._publisher.publish(
            sandbox, endpoint, wanted, tuple(self._sandboxes.values())
        )
        if sandbox.released:  # meanwhile: then nobody else closes what was opened
            await self._drop(sandbox)
            raise ServerError(f"container {sandbox.name} is gone")
        return ports

    def hosts_entries(self, sandbox: Sandbox, hostname: str, extra_hosts: Iterable[str]) -> str:
        """The text of /etc/hosts; see ``files.render_hosts``."""
        return files.render_hosts(sandbox.endpoints.values(), hostname, extra_hosts)

    def resolv_conf(self, sandbox: Sandbox, options: DnsOptions) -> str:
        """The text of /etc/resolv.conf. The name server asks ``options.servers`` from now on."""
        sandbox.upstreams = options.servers
        own = sandbox.resolver is not None
        return files.render_resolv_conf(_read_resolv_conf(), options, own_server=own)

    # Networks

    def find(self, reference: str) -> Network:
        """A network by id, name or the beginning of an id. Raises NotFound, BadParameter."""
        return self._registry.find(reference)

    async def create(self, body: Any) -> tuple[str, str]:
        """Make the network of a ``POST /networks/create``: its id, and a warning or ""."""
        return await self._registry.create(body)

    def inspect(self, reference: str) -> dict[str, Any]:
        """A network as dockerd's JSON."""
        return views.render_network(self.find(reference))

    def list(self, filters: Filters) -> list[dict[str, Any]]:
        """The networks as dockerd's JSON that ``filters`` let through."""
        return [
            views.render_network(one, containers=False)
            for one in self._registry.networks.values()
            if views.matches(one, filters)
        ]

    async def delete(self, reference: str) -> None:
        """Remove a network. NotFound; Forbidden for a predefined one and one in use."""
        await self._registry.delete(reference)

    async def prune(self, filters: Filters) -> tuple[str, ...]:
        """Remove the networks that nobody is on: their names."""
        until_ns = parse_until(filters, time.time_ns())
        every = tuple(self._registry.networks.values())
        chosen = [one for one in every if views.prunable(one, filters, until_ns)]
        for network in chosen:
            await self._registry.delete(network.id)
        return tuple(one.name for one in chosen)

    # What they are made of

    def _make(self, sandbox: Sandbox, plans: Sequence[Plan]) -> None:
        # Set here, not by the caller, who may be cancelled meanwhile and then must close it.
        sandbox.netns_fd = self._links.make_sandbox(placing.with_default_route(plans))

    def _refill_later(self) -> None:
        """Make a sandbox ahead, when the start that took the last one has had the processors."""
        if self._refilling is None:
            loop = asyncio.get_running_loop()
            self._refilling = loop.call_later(_REST_S, self._refill)

    def _refill(self) -> None:
        self._refilling = None
        self._node.submit(self._links.refill)

    async def _leave(self, sandbox: Sandbox, network: Network) -> None:
        await self._reaper.remove([placing.forget(network, sandbox).link])

    def _networks_of(self, sandbox: Sandbox) -> tuple[Network, ...]:
        every = self._registry.networks
        return tuple(every[one.network_id] for one in sandbox.endpoints.values())

    async def _drop(self, sandbox: Sandbox) -> None:
        sandbox.released = True
        self._sandboxes.pop(sandbox.id, None)
        for server in (*sandbox.servers, *([sandbox.resolver] if sandbox.resolver else ())):
            server.close()
        sandbox.servers.clear()
        sandbox.resolver = None
        sandbox.ports.clear()
        links = [placing.forget(one, sandbox).link for one in self._networks_of(sandbox)]
        descriptor, sandbox.netns_fd = sandbox.netns_fd, -1
        try:
            if links and descriptor >= 0:
                await self._reaper.remove(links)
        finally:
            if descriptor >= 0:
                os.close(descriptor)

    async def _serve_names(self, sandbox: Sandbox) -> None:
        wanted = any(one.names_resolve for one in self._networks_of(sandbox))
        if sandbox.resolver is not None or not wanted:
            return
        sockets = await self._node.run(self._node.inside, sandbox.netns_fd, dns.make_sockets)
        server = dns.NameServer(sandbox, self._names, lambda: _upstreams(sandbox))
        await server.start(*sockets)
        sandbox.resolver = server

    async def _dial(self, kind: socket.SocketKind) -> socket.socket:
        if not self._rootless:
            return socket.socket(socket.AF_INET, kind)
        return await self._node.run(socket.socket, socket.AF_INET, kind)

    def _announce(self, action: str, sandbox: Sandbox) -> None:
        for network in self._networks_of(sandbox):
            self._registry.announce(action, network, sandbox)


def _upstreams(sandbox: Sandbox) -> tuple[str, ...]:
    return sandbox.upstreams or files.parse_resolv_conf(_read_resolv_conf())[0]


def _read_resolv_conf() -> str:
    try:
        return _HOST_RESOLV_CONF.read_text(errors="replace")
    except OSError:
        return ""

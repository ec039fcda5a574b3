"""The networks of an engine: made, found, removed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from pausedemo.embedded.errors import BadParameter, Conflict, Forbidden, NotFound, ServerError
from pausedemo.embedded.network.creation import Wish, make_network, parse_create
from pausedemo.embedded.network.links import Links, bridge_name, uplink_name
from pausedemo.embedded.network.model import DEFAULT, Events, Network, Sandbox
from pausedemo.embedded.network.namespaces import NodeThread
from pausedemo.embedded.network.outside import Outside
from pausedemo.embedded.network.reaper import Reaper
from pausedemo.embedded.network.subnets import AddressPool, Claims, compute_free


class Registry:
    """Networks by id, the predefined ones included. They last as long as the engine."""

    def __init__(
        self,
        node: NodeThread,
        links: Links,
        reaper: Reaper,
        outside: Outside,
        events: Events,
        *,
        rootless: bool,
    ) -> None:
        self._node = node
        self._links = links
        self._reaper = reaper
        self._outside = outside
        self._events = events
        self._rootless = rootless
        self._claims = Claims()
        self._making = asyncio.Lock()  # one at a time, or two would choose the same subnet
        self.networks: dict[str, Network] = {}

    async def open(self) -> None:
        """Make the predefined networks."""
        default = make_network(DEFAULT)
        await self._make(Wish(default, None, None, None))
        for name, driver in (("host", "host"), ("none", "null")):
            network = make_network(name, driver)
            self.networks[network.id] = network

    async def close(self) -> None:
        """Remove all bridges. The kernel would, some time after the node namespace has gone."""
        bridges = [one for one in self.networks.values() if one.pool is not None]
        self.networks.clear()
        names = [name(one) for one in bridges for name in (uplink_name, bridge_name)]
        await self._reaper.remove(names)
        self._claims.close()

    def find(self, reference: str) -> Network:
        """By full id, name, or the beginning of an id. NotFound; BadParameter: several are."""
        if reference in self.networks:
            return self.networks[reference]
        every = tuple(self.networks.values())
        for what, found in (
            ("name", [one for one in every if one.name == reference]),
            ("ID prefix", [one for one in every if reference and one.id.startswith(reference)]),
        ):
            if len(found) > 1:
                raise BadParameter(
                    f"network {reference} is ambiguous ({len(found)} matches found on {what})"
                )
            if found:
                return found[0]
        raise NotFound(f"network {reference} not found")

    async def create(self, body: Any) -> tuple[str, str]:
        """Make the network of a ``POST /networks/create``: its id, and a warning or ""."""
        wish = parse_create(body)
        network = wish.network
        async with self._making:
            if any(one.name == network.name for one in self.networks.values()):
                # dockerd 20.10 allows a second one unless CheckDuplicate is set, 25 never does.
                raise Conflict(f"network with name {network.name} already exists")
            await self._make(wish)
        self._publish("create", network)
        return network.id, ""

    async def delete(self, reference: str) -> Network:
        """Remove a network that nobody is on. NotFound, Forbidden."""
        network = self.find(reference)
        if network.predefined:
            raise Forbidden(f"{network.name} is a pre-defined network and cannot be removed")
        if network.sandboxes:
            raise Forbidden(
                f"error while removing network: network {network.name} id {network.id} "
                "has active endpoints"
            )
        del self.networks[network.id]
        await self._reaper.remove([uplink_name(network), bridge_name(network)])
        await self._reaper.settle()
        await self._outside.refresh(tuple(self.networks.values()))
        if network.pool is not None:
            self._claims.give(network.pool.subnet)
        self._publish("destroy", network)
        return network

    def announce(self, action: str, network: Network, sandbox: Sandbox) -> None:
        """Tell of a container that came to a network or left it."""
        self._publish(action, network, container=sandbox.container_id)

    def _publish(self, action: str, network: Network, **more: str) -> None:
        attributes = {**more, "name": network.name, "type": network.driver}
        self._events.publish("network", action, network.id, attributes)

    async def _make(self, wish: Wish) -> None:
        """A bridge on the wished subnet, or on the first that no one else has."""
        network = wish.network
        ours = [one.pool.subnet for one in self.networks.values() if one.pool is not None]
        on_host = await self._node.run(self._links.host_networks)
        candidates: Iterable[IPv4Network] = compute_free((*on_host, *ours))
        if wish.subnet is not None:
            taken = ours if self._rootless else (*ours, *on_host)
            candidates = [wish.subnet] * (not any(wish.subnet.overlaps(one) for one in taken))
        for subnet in candidates:
            if await self._try(network, subnet, wish.gateway, wish.ip_range):
                return
        if wish.subnet is not None:
            raise Forbidden("Pool overlaps with other one on this address space")
        raise ServerError(
            "could not find an available, non-overlapping IPv4 address pool among the defaults "
            "to assign to the network"
        )

    async def _try(
        self,
        network: Network,
        subnet: IPv4Network,
        gateway: IPv4Address | None,
        ip_range: IPv4Network | None,
    ) -> bool:
        """False when another engine or program took the subnet between look and claim."""
        pool = AddressPool(subnet, gateway, ip_range)
        # Rootless, the subnet is seen from the engine's own namespace only.
        if not self._rootless and not self._claims.take(subnet):
            return False
        network.pool = pool
        try:
            network.bridge = await self._node.run(self._links.make_bridge, network)
        except BaseException as error:
            self._claims.give(subnet)
            if isinstance(error, FileExistsError):
                return False
            if isinstance(error, OSError):
                raise ServerError(f"network {network.name} could not be made: {error}") from error
            raise
        self.networks[network.id] = network
        await self._outside.refresh(tuple(self.networks.values()))
        return True

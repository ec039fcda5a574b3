"""Bridges and veth pairs: blocking work, called in the node's thread.

As root a veth pair leads from each bridge to the host's namespace, and its end there bears the
gateway's address: the host reaches containers without a detour. Rootless, the bridge bears it.
Nothing has to be taken back when the engine is killed: with its last process goes the node
namespace, and with that one end of every pair, so the kernel removes the other (veth_dellink).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Final

from pausedemo.embedded.network import messages, subnets
from pausedemo.embedded.network.model import Endpoint, Network
from pausedemo.embedded.network.namespaces import NodeThread
from pausedemo.embedded.network.netlink import Netlink

BRIDGE_PREFIX: Final = "br-"
HOST_PREFIX: Final = "pd"
_FIRST_INTERFACE: Final = "eth0"
_FIRST_INDEX: Final = 2  # the loopback device is 1


@dataclass(frozen=True, slots=True)
class Plan:
    """A link that a sandbox shall get."""

    endpoint: Endpoint
    bridge: int
    default_route: bool


@dataclass(frozen=True, slots=True)
class _Spare:
    """A sandbox made ahead, with a link that is on no network yet: its name in the node's."""

    descriptor: int
    inside: Netlink
    link: str


class Links:
    """Makes and removes links through the node's thread."""

    def __init__(self, node: NodeThread, *, rootless: bool) -> None:
        self._node = node
        self._rootless = rootless
        self._spare: _Spare | None = None

    def host_networks(self) -> tuple[IPv4Network, ...]:
        """The subnets that the host's addresses and routes are in."""
        host = self._node.host
        found = [messages.parse_address(one) for one in host.dump(messages.dump_addresses())]
        found += [messages.parse_route(one) for one in host.dump(messages.dump_routes())]
        return subnets.parse_networks(found)

    def make_bridge(self, network: Network) -> int:
        """A network's bridge, and the way to the gateway's address: the bridge's index.

        Raises FileExistsError where the host got a route to the same subnet meanwhile.
        """
        name = bridge_name(network)
        self._node.node.request(messages.new_bridge(name, _random_mac()))
        try:
            index = self._node.node.index_of(messages.get_link(name))
            if self._rootless:
                self._add_gateway(self._node.node, network, index)
            else:
                self._lead_to_host(network, index)
        except BaseException:
            for name in (uplink_name(network), bridge_name(network)):
                with contextlib.suppress(OSError):  # not there: nothing to remove
                    self._node.node.request(messages.delete_link(name))
            raise
        return index

    def make_sandbox(self, plans: Sequence[Plan]) -> int:
        """A network namespace with the links of ``plans``: its descriptor."""
        if not plans:
            descriptor, inside = self._node.make_sandbox()
            inside.close()
            return descriptor
        spare, self._spare = self._spare or self._make_spare(), None
        with spare.inside:
            try:
                self._use(spare, plans[0])
                self.add(spare.descriptor, plans[1:], first_index=_FIRST_INDEX + 1)
            except BaseException:
                os.close(spare.descriptor)  # and with the namespace go its links
                raise
        return spare.descriptor

    def refill(self) -> None:
        """Make the sandbox that the next ``make_sandbox`` takes, if there is none."""
        if self._spare is None:
            with contextlib.suppress(OSError):  # then the next one tries it itself, and tells
                self._spare = self._make_spare()

    def close(self) -> None:
        """Let the sandbox go that was made ahead."""
        spare, self._spare = self._spare, None
        if spare is not None:
            spare.inside.close()
            os.close(spare.descriptor)

    def _make_spare(self) -> _Spare:
        descriptor, inside = self._node.make_sandbox()
        spare = _Spare(descriptor, inside, f"v{os.urandom(6).hex()}")
        try:
            self._node.node.request(
                messages.new_veth(
                    spare.link,
                    bridge=0,
                    peer=_FIRST_INTERFACE,
                    peer_namespace=descriptor,
                    peer_mac=_random_mac(),
                    peer_index=_FIRST_INDEX,
                )
            )
        except BaseException:
            inside.close()
            os.close(descriptor)
            raise
        return spare

    def _use(self, spare: _Spare, plan: Plan) -> None:
        endpoint = plan.endpoint
        endpoint.link = spare.link
        self._node.node.request(messages.enslave(spare.link, plan.bridge))
        requests = [
            messages.link_up_as(_FIRST_INDEX, endpoint.mac),
            messages.new_address(_FIRST_INDEX, endpoint.ip, endpoint.prefix_len),
        ]
        if plan.default_route:
            requests.append(messages.new_default_route(endpoint.gateway, _FIRST_INDEX))
        spare.inside.request(*requests)

    def add(self, descriptor: int, plans: Sequence[Plan], first_index: int = 0) -> None:
        """Add links to a sandbox; ``first_index`` is free in it, 0 when that is not known."""
        if not plans:
            return
        self._node.node.request(
            *(
                messages.new_veth(
                    plan.endpoint.link,
                    bridge=plan.bridge,
                    peer=plan.endpoint.interface,
                    peer_namespace=descriptor,
                    peer_mac=plan.endpoint.mac,
                    peer_index=first_index and first_index + position,
                )
                for position, plan in enumerate(plans)
            )
        )
        with self._node.inside(descriptor, Netlink) as inside:
            requests: list[bytes] = []
            for position, plan in enumerate(plans):
                endpoint = plan.endpoint
                index = first_index + position
                if not first_index:
                    index = inside.index_of(messages.get_link(endpoint.interface))
                requests += [
                    messages.link_up(index),
                    messages.new_address(index, endpoint.ip, endpoint.prefix_len),
                ]
                if plan.default_route:
                    requests.append(messages.new_default_route(endpoint.gateway, index))
            inside.request(*requests)

    def set_default_route(self, descriptor: int, endpoint: Endpoint) -> None:
        """Lead a sandbox's default route, which has none, through ``endpoint``."""
        with self._node.inside(descriptor, Netlink) as inside:
            index = inside.index_of(messages.get_link(endpoint.interface))
            inside.request(messages.new_default_route(endpoint.gateway, index))

    def put_aside(self, links: Sequence[str], group: int) -> None:
        """Cut links off at once, for ``delete_group`` to delete them later."""
        with contextlib.suppress(OSError):  # one is gone with its namespace, or was never made
            self._node.node.request(*(messages.put_aside(link, group) for link in links))

    def delete_group(self, group: int) -> None:
        """Delete links put aside. Takes about 20 ms, so it runs in a thread of its own."""
        with contextlib.suppress(OSError):
            self._node.reaper.request(messages.delete_group(group))

    def _lead_to_host(self, network: Network, bridge: int) -> None:
        host_end = host_name(network)
        self._node.node.request(
            messages.new_veth(
                uplink_name(network),
                bridge=bridge,
                peer=host_end,
                peer_namespace=self._node.host_fd,
                peer_mac=_random_mac(),
            )
        )
        host = self._node.host
        self._add_gateway(host, network, host.index_of(messages.get_link(host_end)))

    def _add_gateway(self, where: Netlink, network: Network, index: int) -> None:
        pool = network.pool
        if pool is None:
            return
        gateway, subnet = str(pool.gateway), pool.subnet
        where.request(
            messages.link_up(index),
            messages.new_address(index, gateway, subnet.prefixlen, route=False),
            messages.new_connected_route(
                str(subnet.network_address), subnet.prefixlen, gateway, index
            ),
        )


def bridge_name(network: Network) -> str:
    """The name of a network's bridge in the node namespace."""
    return f"{BRIDGE_PREFIX}{network.id[:12]}"


def uplink_name(network: Network) -> str:
    """The name of the bridge's port that leads to the host."""
    return f"up-{network.id[:12]}"


def host_name(network: Network) -> str:
    """The name of a network's link in the host's namespace."""
    return f"{HOST_PREFIX}{network.id[:8]}"


def _random_mac() -> str:
    return "02:42:" + os.urandom(4).hex(":")

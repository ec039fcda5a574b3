"""A sandbox's place on a network: address, MAC, names of its links; computation only."""

from __future__ import annotations

import os
from collections.abc import Iterable
from ipaddress import IPv4Address
from typing import Any, Final

from pausedemo.embedded.errors import BadParameter, Forbidden, NotSupported
from pausedemo.embedded.network.joining import HOST_CONFLICT, NONE_CONFLICT
from pausedemo.embedded.network.links import Plan
from pausedemo.embedded.network.model import (
    DEFAULT,
    Attachment,
    Endpoint,
    Network,
    Sandbox,
    compute_mac,
)

#: Options of an endpoint that Docker's own drivers carry out; they look at no others.
_OWN_OPTIONS: Final = "com.docker.network."


def reserve(network: Network, sandbox: Sandbox, attachment: Attachment) -> Plan:
    """Enter a sandbox in a network with an address of its own: the link to be made.

    Raises BadParameter, Forbidden, ServerError in dockerd's words.
    """
    pool = network.pool
    if pool is None:
        raise BadParameter(HOST_CONFLICT if network.name == "host" else NONE_CONFLICT)
    if network.name in sandbox.endpoints:
        raise Forbidden(
            f"endpoint with name {sandbox.name} already exists in network {network.name}"
        )
    check_attachment(network, attachment)
    address = pool.take(attachment.ipv4)
    aliases = attachment.aliases
    if network.names_resolve:
        names = (*aliases, sandbox.container_id[:12], attachment.hostname)
        aliases = tuple(dict.fromkeys(name for name in names if name))
    endpoint_id = os.urandom(32).hex()
    endpoint = Endpoint(
        network_id=network.id,
        endpoint_id=endpoint_id,
        ip=str(address),
        prefix_len=pool.subnet.prefixlen,
        gateway="" if network.internal else str(pool.gateway),
        mac=attachment.mac or compute_mac(address),
        aliases=aliases,
        interface=_free_interface(sandbox),
        link=f"v{endpoint_id[:12]}",
    )
    sandbox.endpoints[network.name] = endpoint
    network.sandboxes[sandbox.id] = sandbox
    return Plan(endpoint, network.bridge, default_route=False)


def forget(network: Network, sandbox: Sandbox) -> Endpoint:
    """Take a sandbox out of a network, and free its address."""
    endpoint = sandbox.endpoints.pop(network.name)
    network.sandboxes.pop(sandbox.id, None)
    if network.pool is not None:
        network.pool.give(IPv4Address(endpoint.ip))
    return endpoint


def parse_attachment(network: str, config: Any) -> Attachment:
    """An ``EndpointConfig`` (of connect, or of a container's creation) as an attachment.

    Raises BadParameter on a wrong shape, NotSupported for what would be left out.
    """
    if config is None:
        return Attachment(network)
    if not isinstance(config, dict):
        raise BadParameter("EndpointConfig is not an object")
    ipam = config.get("IPAMConfig") or {}
    aliases = config.get("Aliases") or []
    if not isinstance(ipam, dict) or not isinstance(aliases, list):
        raise BadParameter("EndpointConfig has a field of a wrong type")
    for value, what in (
        (ipam.get("IPv6Address"), "IPv6 addresses"),
        (ipam.get("LinkLocalIPs"), "link-local addresses"),
        (config.get("Links"), "links"),
    ):
        if value:
            raise NotSupported(f"{what} are not supported")
    options = config.get("DriverOpts") or {}
    if not isinstance(options, dict):
        raise BadParameter("EndpointConfig has a field of a wrong type")
    for option in options:
        if option.startswith(_OWN_OPTIONS):
            raise NotSupported(f"the option {option} of an endpoint is not supported")
    address, mac = ipam.get("IPv4Address") or None, config.get("MacAddress") or None
    texts = (*aliases, address or "", mac or "", *options.values())
    if not all(isinstance(text, str) for text in texts):
        raise BadParameter("EndpointConfig has a field of a wrong type")
    return Attachment(network, tuple(dict.fromkeys(aliases)), address, mac, driver_options=options)


def check_attachment(network: Network, attachment: Attachment) -> None:
    """Refuse what dockerd refuses. Raises BadParameter with its words."""
    if network.name == DEFAULT and attachment.ipv4:
        raise BadParameter("user specified IP address is supported on user defined networks only")
    if network.name == DEFAULT and attachment.aliases:
        raise BadParameter(
            "network-scoped alias is supported only for containers in user defined networks"
        )
    if attachment.ipv4 and not network.user_subnet:
        raise BadParameter(
            "user specified IP address is supported only when connecting to networks with user "
            "configured subnets"
        )
    if attachment.mac and not _is_mac(attachment.mac):
        raise BadParameter(f"invalid mac address {attachment.mac}")


def _is_mac(text: str) -> bool:
    try:
        return len(bytes.fromhex(text.replace(":", ""))) == 6 and text.count(":") == 5
    except ValueError:
        return False


def _free_interface(sandbox: Sandbox) -> str:
    used = {one.interface for one in sandbox.endpoints.values()}
    number = 0
    while f"eth{number}" in used:
        number += 1
    return f"eth{number}"


def with_default_route(plans: Iterable[Plan]) -> list[Plan]:
    """The plans, the first that leads out with the default route."""
    plans = tuple(plans)
    first = next((plan for plan in plans if plan.endpoint.gateway), None)
    return [Plan(plan.endpoint, plan.bridge, default_route=plan is first) for plan in plans]

"""Networks as dockerd's JSON, and the filters of lists; computation only."""

from __future__ import annotations

from typing import Any, Final

from pausedemo.embedded.errors import BadParameter
from pausedemo.embedded.filters import Filters, match_labels, parse_flag
from pausedemo.embedded.network.model import DEFAULT, Network
from pausedemo.embedded.times import write_time

LIST_FILTERS: Final = ("dangling", "driver", "id", "label", "name", "scope", "type")
PRUNE_FILTERS: Final = ("label", "label!", "until")
_DEFAULT_OPTIONS: Final = {
    "com.docker.network.bridge.default_bridge": "true",
    "com.docker.network.bridge.enable_icc": "true",
    "com.docker.network.bridge.enable_ip_masquerade": "true",
    "com.docker.network.bridge.host_binding_ipv4": "0.0.0.0",  # noqa: S104
    "com.docker.network.bridge.name": "docker0",
    "com.docker.network.driver.mtu": "1500",
}


def render_network(network: Network, *, containers: bool = True) -> dict[str, Any]:
    """A network as ``GET /networks/{id}`` shows it; lists leave the containers out."""
    options = dict(_DEFAULT_OPTIONS) if network.name == DEFAULT else dict(network.options)
    return {
        "Name": network.name,
        "Id": network.id,
        "Created": write_time(network.created_ns),
        "Scope": "local",
        "Driver": network.driver,
        "EnableIPv6": False,
        "IPAM": {
            "Driver": "default",
            "Options": None if network.predefined else {},
            "Config": _render_config(network),
        },
        "Internal": network.internal,
        "Attachable": network.attachable,
        "Ingress": False,
        "ConfigFrom": {"Network": ""},
        "ConfigOnly": False,
        "Containers": _render_containers(network) if containers else {},
        "Options": options,
        "Labels": dict(network.labels),
    }


def _render_config(network: Network) -> list[dict[str, str]]:
    pool = network.pool
    if pool is None:
        return []
    config = {"Subnet": str(pool.subnet)}
    if pool.ip_range is not None:
        config["IPRange"] = str(pool.ip_range)
    if network.user_gateway or not network.user_subnet:
        config["Gateway"] = str(pool.gateway)
    return [config]


def _render_containers(network: Network) -> dict[str, dict[str, str]]:
    shown = {}
    for sandbox in network.sandboxes.values():
        endpoint = sandbox.endpoints.get(network.name)
        if endpoint is not None:
            shown[sandbox.container_id] = {
                "Name": sandbox.name,
                "EndpointID": endpoint.endpoint_id,
                "MacAddress": endpoint.mac,
                "IPv4Address": f"{endpoint.ip}/{endpoint.prefix_len}",
                "IPv6Address": "",
            }
    return shown


def matches(network: Network, filters: Filters) -> bool:
    """Whether a list with ``filters`` shows a network. Raises BadParameter on a wrong filter."""
    custom = "builtin" if network.predefined else "custom"
    dangling = not (network.predefined or network.sandboxes)
    for value in filters.get("type", ()):
        if value not in ("builtin", "custom"):
            raise BadParameter(f"Invalid filter: 'type'='{value}'")
    wanted_dangling = parse_flag(filters, "dangling")
    return (
        _any(filters, "driver", lambda value: value == network.driver)
        and _any(filters, "id", lambda value: network.id.startswith(value))
        and _any(filters, "name", lambda value: value in network.name)
        and _any(filters, "scope", lambda value: value == "local")
        and _any(filters, "type", lambda value: value == custom)
        and wanted_dangling in (None, dangling)
        and match_labels(network.labels, filters.get("label", ()))
    )


def prunable(network: Network, filters: Filters, until_ns: int | None) -> bool:
    """Whether ``prune`` removes a network. ``until_ns``: of its filter, Unix time."""
    if network.predefined or network.sandboxes:
        return False
    if until_ns is not None and network.created_ns > until_ns:
        return False
    return match_labels(network.labels, filters.get("label", ())) and not any(
        match_labels(network.labels, [value]) for value in filters.get("label!", ())
    )


def _any(filters: Filters, name: str, fits: Any) -> bool:
    values = filters.get(name, ())
    return not values or any(fits(value) for value in values)

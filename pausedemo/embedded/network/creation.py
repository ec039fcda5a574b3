"""The request that makes a network, read and checked; computation only."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Any, Final

from pausedemo.embedded.errors import BadParameter, Forbidden, NotFound, NotSupported
from pausedemo.embedded.network.model import PREDEFINED, Network

_OTHER_DRIVERS: Final = ("host", "null", "macvlan", "ipvlan", "overlay")
# Bridge options that ask for what happens here anyway, with the values that do.
_OPTIONS: Final = {
    "com.docker.network.bridge.name": None,
    "com.docker.network.bridge.enable_icc": "true",
    "com.docker.network.bridge.enable_ip_masquerade": "true",
    "com.docker.network.bridge.host_binding_ipv4": "0.0.0.0",  # noqa: S104
    "com.docker.network.driver.mtu": "1500",
}


@dataclass(frozen=True, slots=True)
class Wish:
    """A network to be made. Without ``subnet`` the engine chooses one."""

    network: Network
    subnet: IPv4Network | None
    gateway: IPv4Address | None
    ip_range: IPv4Network | None


def make_network(name: str, driver: str = "bridge") -> Network:
    """A network that nothing is known of but its name."""
    return Network(name, os.urandom(32).hex(), driver, time.time_ns())


def parse_create(body: Any) -> Wish:
    """The body of ``POST /networks/create``.

    Raises ApiError children: a wrong name or address, and whatever this engine cannot do, rather
    than to make a network that is not what was asked for.
    """
    if not isinstance(body, dict):
        raise BadParameter("the request's body is not a JSON object")
    name = body.get("Name")
    if not isinstance(name, str) or not name.strip():
        raise BadParameter(f"invalid name: {name or ''}")
    if name in PREDEFINED:
        raise Forbidden(f"operation is not permitted on predefined {name} network ")
    driver = body.get("Driver") or "bridge"
    if driver in _OTHER_DRIVERS:
        raise NotSupported(f"networks of driver {driver} are not supported: bridge is")
    if driver != "bridge":
        raise NotFound(f'plugin "{driver}" not found')
    for field, what in (
        ("EnableIPv6", "IPv6 networks"),
        ("Ingress", "ingress networks"),
        ("ConfigOnly", "configuration-only networks"),
    ):
        if body.get(field):
            raise NotSupported(f"{what} are not supported")
    origin = body.get("ConfigFrom") or {}
    if not isinstance(origin, dict) or origin.get("Network"):
        raise NotSupported("networks made from another's configuration are not supported")
    if body.get("Scope") not in (None, "", "local"):
        raise NotSupported(f"networks of scope {body['Scope']} are not supported")
    network = make_network(name)
    network.internal = bool(body.get("Internal"))
    network.attachable = bool(body.get("Attachable"))
    network.labels = _texts(body.get("Labels"), "Labels")
    network.options = _check_options(_texts(body.get("Options"), "Options"))
    subnet, gateway, ip_range = _parse_ipam(body.get("IPAM"))
    network.user_subnet = subnet is not None
    network.user_gateway = gateway is not None
    return Wish(network, subnet, gateway, ip_range)


def _check_options(options: dict[str, str]) -> dict[str, str]:
    for key, value in options.items():
        if key not in _OPTIONS or _OPTIONS[key] not in (None, value):
            raise NotSupported(f"network option {key}={value} is not supported")
    return options


def _texts(value: Any, field: str) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
        raise BadParameter(f"{field} is not an object of strings")
    return dict(value)


def _parse_ipam(
    ipam: Any,
) -> tuple[IPv4Network | None, IPv4Address | None, IPv4Network | None]:
    if ipam is None:
        return None, None, None
    if not isinstance(ipam, dict):
        raise BadParameter("IPAM is not an object")
    if (ipam.get("Driver") or "default") != "default":
        raise NotSupported(f"address driver {ipam['Driver']} is not supported: default is")
    if ipam.get("Options"):
        raise NotSupported("options for the address driver are not supported")
    listed = ipam.get("Config") or []
    if not isinstance(listed, list):
        raise BadParameter("IPAM.Config is not a list of objects")
    configs = [one for one in listed if one]
    if not configs:
        return None, None, None
    if len(configs) > 1:
        raise NotSupported("a network with more than one subnet is not supported")
    config = configs[0]
    if not isinstance(config, dict):
        raise BadParameter("IPAM.Config is not a list of objects")
    if config.get("AuxiliaryAddresses") or config.get("AuxAddress"):
        raise NotSupported("auxiliary addresses are not supported")
    subnet = _parse_subnet(config.get("Subnet"))
    if subnet is None and (config.get("Gateway") or config.get("IPRange")):
        raise BadParameter("a gateway or an ip-range needs a subnet")
    gateway = None
    if config.get("Gateway"):
        try:
            gateway = IPv4Address(str(config["Gateway"]).partition("/")[0])
        except ValueError as error:
            raise BadParameter(f"invalid gateway {config['Gateway']}") from error
    return subnet, gateway, _parse_subnet(config.get("IPRange"))


def _parse_subnet(text: Any) -> IPv4Network | None:
    if not text:
        return None
    if not isinstance(text, str) or "/" not in text:
        raise BadParameter(f"invalid CIDR address: {text}")
    if ":" in text:
        raise NotSupported("IPv6 networks are not supported")
    try:
        return IPv4Network(text, strict=False)
    except ValueError as error:
        raise BadParameter(f"invalid CIDR address: {text}") from error

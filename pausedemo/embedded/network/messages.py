"""Requests to rtnetlink(7) as bytes, encoded with pyroute2's message classes.

Only those classes are used, not pyroute2's sockets: ``import pyroute2`` loads 195 modules, 10 MB
and 70 ms, the three classes alone 31 modules and 1.2 MB (svinota/pyroute2#1404). Every request is
made with sequence number 0; ``netlink.Netlink`` puts the real one in.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import sys
from types import ModuleType
from typing import Any, Final, NamedTuple

_REQUEST_ACK: Final = 0x1 | 0x4  # NLM_F_REQUEST, NLM_F_ACK
_CREATE: Final = 0x400 | 0x200  # NLM_F_CREATE, NLM_F_EXCL
_DUMP: Final = 0x1 | 0x300  # NLM_F_REQUEST, NLM_F_ROOT | NLM_F_MATCH
_NEWLINK, _DELLINK, _GETLINK = 16, 17, 18
_NEWADDR, _GETADDR = 20, 22
_NEWROUTE, _GETROUTE = 24, 26
_UP: Final = 1
_INET: Final = 2
_NO_PREFIX_ROUTE: Final = 0x200  # IFA_F_NOPREFIXROUTE
_MAIN_TABLE, _PROTO_BOOT, _UNICAST = 254, 3, 1
_SCOPE_LINK: Final = 253
# What stands in a template for a value; none of them, as bytes, is part of any message.
_ANY_NAME, _ANY_MAC = "?" * 15, "fe:dc:ba:98:76:54"
_ANY_BRIDGE, _ANY_NAMESPACE = 0x7EDCBA91, 0x7EDCBA92
_ANY_ADDRESS, _ANY_BROADCAST = "254.220.186.145", "254.220.186.146"
LOOPBACK: Final = 1
"""The loopback device has this index in every network namespace."""


class _Classes(NamedTuple):
    link: Any
    address: Any
    route: Any


def _load_classes() -> _Classes:
    """pyroute2's message classes, without what ``pyroute2/__init__.py`` would bring along.

    An empty package stands in for pyroute2 while they load, and goes afterwards, so that a later
    ``import pyroute2`` by somebody else gets all of it.
    """
    names = ("ifinfmsg.ifinfmsg", "ifaddrmsg.ifaddrmsg", "rtmsg.rtmsg")
    spec = importlib.util.find_spec("pyroute2")
    stand_in = "pyroute2" not in sys.modules and spec is not None
    if stand_in and spec is not None:
        package = ModuleType("pyroute2")
        package.__path__ = list(spec.submodule_search_locations or ())
        sys.modules["pyroute2"] = package
    try:
        found = []
        for name in names:
            module, _, member = name.partition(".")
            loaded = importlib.import_module(f"pyroute2.netlink.rtnl.{module}")
            found.append(getattr(loaded, member))
        return _Classes(*found)
    finally:
        if stand_in:
            for name in [one for one in sys.modules if one.partition(".")[0] == "pyroute2"]:
                del sys.modules[name]


_classes = _load_classes()


def _encode(
    message: Any, kind: int, flags: int, attributes: list[Any] | None = None, /, **fields: int
) -> bytes:
    message["header"]["type"] = kind
    message["header"]["flags"] = flags
    for name, value in fields.items():
        message[name] = value
    message["attrs"] = attributes or []
    message.encode()
    return bytes(message.data)


def _link(kind: int, flags: int, attributes: list[Any], /, **fields: int) -> bytes:
    return _encode(_classes.link(), kind, flags, attributes, **fields)


def new_bridge(name: str, mac: str) -> bytes:
    """A bridge that is up and forwards at once. Its MAC is fixed: it would follow its ports."""
    info = {
        "attrs": [
            ("IFLA_INFO_KIND", "bridge"),
            ("IFLA_INFO_DATA", {"attrs": [("IFLA_BR_FORWARD_DELAY", 0)]}),
        ]
    }
    attributes = [("IFLA_IFNAME", name), ("IFLA_ADDRESS", mac), ("IFLA_LINKINFO", info)]
    return _link(_NEWLINK, _REQUEST_ACK | _CREATE, attributes, flags=_UP, change=_UP)


def new_veth(
    name: str, *, bridge: int, peer: str, peer_namespace: int, peer_mac: str, peer_index: int = 0
) -> bytes:
    """A veth pair in one request: this end a port of ``bridge`` and up, the peer elsewhere.

    ``bridge`` 0: a port of none yet. ``peer_namespace`` is a descriptor of a network namespace;
    ``peer_index`` 0 lets the kernel choose. The peer cannot be up yet: veth_open wants both ends to
    be there (ENOTCONN).
    """
    template = _veth_template(len(name), peer, peer_index)
    for place, value in (
        (_ANY_NAME[: len(name)].encode(), name.encode()),
        (_pack(_ANY_BRIDGE), _pack(bridge)),
        (_pack(_ANY_NAMESPACE), _pack(peer_namespace)),
        (_packed_mac(_ANY_MAC), _packed_mac(peer_mac)),
    ):
        template = template.replace(place, value, 1)
    return template


@functools.lru_cache(maxsize=64)
def _veth_template(name_length: int, peer: str, peer_index: int) -> bytes:
    """``new_veth`` with values to be replaced: encoding takes 0.2 ms, a sixth of a sandbox."""
    end = {
        "index": peer_index,
        "attrs": [
            ("IFLA_IFNAME", peer),
            ("IFLA_ADDRESS", _ANY_MAC),
            ("IFLA_NET_NS_FD", _ANY_NAMESPACE),
        ],
    }
    data = {"attrs": [("VETH_INFO_PEER", end)]}
    info = {"attrs": [("IFLA_INFO_KIND", "veth"), ("IFLA_INFO_DATA", data)]}
    name = _ANY_NAME[:name_length]
    attributes = [("IFLA_IFNAME", name), ("IFLA_MASTER", _ANY_BRIDGE), ("IFLA_LINKINFO", info)]
    return _link(_NEWLINK, _REQUEST_ACK | _CREATE, attributes, flags=_UP, change=_UP)


def enslave(name: str, bridge: int) -> bytes:
    """Make a link a port of a bridge."""
    template = _enslave_template(len(name))
    template = template.replace(_ANY_NAME[: len(name)].encode(), name.encode(), 1)
    return template.replace(_pack(_ANY_BRIDGE), _pack(bridge), 1)


@functools.lru_cache(maxsize=64)
def _enslave_template(name_length: int) -> bytes:
    attributes = [("IFLA_IFNAME", _ANY_NAME[:name_length]), ("IFLA_MASTER", _ANY_BRIDGE)]
    return _link(_NEWLINK, _REQUEST_ACK, attributes)


def link_up_as(index: int, mac: str) -> bytes:
    """Give a link its address, and set it up."""
    template = _up_template(index)
    return template.replace(_packed_mac(_ANY_MAC), _packed_mac(mac), 1)


@functools.lru_cache(maxsize=64)
def _up_template(index: int) -> bytes:
    attributes = [("IFLA_ADDRESS", _ANY_MAC)]
    return _link(_NEWLINK, _REQUEST_ACK, attributes, index=index, flags=_UP, change=_UP)


@functools.lru_cache(maxsize=64)
def link_up(index: int) -> bytes:
    """Set a link up."""
    return _link(_NEWLINK, _REQUEST_ACK, [], index=index, flags=_UP, change=_UP)


def put_aside(name: str, group: int) -> bytes:
    """Take a link down and into a device group, to be deleted with it later."""
    attributes = [("IFLA_IFNAME", name), ("IFLA_GROUP", group)]
    return _link(_NEWLINK, _REQUEST_ACK, attributes, flags=0, change=_UP)


def delete_group(group: int) -> bytes:
    """Delete every link of a device group, at the price of one (20 ms, nearly all of it RCU)."""
    return _link(_DELLINK, _REQUEST_ACK, [("IFLA_GROUP", group)])


def delete_link(name: str) -> bytes:
    """Delete a link, and with one end of a veth pair the other."""
    return _link(_DELLINK, _REQUEST_ACK, [("IFLA_IFNAME", name)])


def get_link(name: str) -> bytes:
    """Ask for a link by name."""
    return _link(_GETLINK, 0x1, [("IFLA_IFNAME", name)])


def new_address(index: int, address: str, prefix_len: int, *, route: bool = True) -> bytes:
    """An IPv4 address on a link; without ``route`` the kernel adds no connected route."""
    template = _address_template(index, prefix_len, route)
    packed = _packed(address)
    host = (1 << (32 - prefix_len)) - 1
    broadcast = (int.from_bytes(packed, "big") | host).to_bytes(4, "big")
    return template.replace(_packed(_ANY_BROADCAST), broadcast).replace(
        _packed(_ANY_ADDRESS), packed
    )


@functools.lru_cache(maxsize=64)
def _address_template(index: int, prefix_len: int, route: bool) -> bytes:
    attributes: list[Any] = [
        ("IFA_LOCAL", _ANY_ADDRESS),
        ("IFA_ADDRESS", _ANY_ADDRESS),
        ("IFA_BROADCAST", _ANY_BROADCAST),
    ]
    if not route:
        attributes.append(("IFA_FLAGS", _NO_PREFIX_ROUTE))
    fields = {"family": _INET, "prefixlen": prefix_len, "index": index}
    message = _classes.address()
    return _encode(message, _NEWADDR, _REQUEST_ACK | _CREATE, attributes, **fields)


@functools.lru_cache(maxsize=64)
def new_default_route(gateway: str, index: int) -> bytes:
    """The default route through ``gateway``."""
    return _route([("RTA_GATEWAY", gateway), ("RTA_OIF", index)], dst_len=0, scope=0)


def new_connected_route(subnet: str, prefix_len: int, source: str, index: int) -> bytes:
    """A connected route; EEXIST when another link has one to the same subnet."""
    attributes = [("RTA_DST", subnet), ("RTA_PREFSRC", source), ("RTA_OIF", index)]
    return _route(attributes, dst_len=prefix_len, scope=_SCOPE_LINK)


def _route(attributes: list[Any], *, dst_len: int, scope: int) -> bytes:
    fields = {
        "family": _INET,
        "dst_len": dst_len,
        "table": _MAIN_TABLE,
        "proto": _PROTO_BOOT,
        "scope": scope,
        "type": _UNICAST,
    }
    return _encode(_classes.route(), _NEWROUTE, _REQUEST_ACK | _CREATE, attributes, **fields)


def dump_addresses() -> bytes:
    """Ask for all IPv4 addresses."""
    return _encode(_classes.address(), _GETADDR, _DUMP, family=_INET)


def dump_routes() -> bytes:
    """Ask for all IPv4 routes."""
    return _encode(_classes.route(), _GETROUTE, _DUMP, family=_INET)


def parse_address(data: bytes) -> str | None:
    """``address/length`` of one message of ``dump_addresses``."""
    message = _decode(_classes.address, data)
    address = message.get_attr("IFA_ADDRESS") or message.get_attr("IFA_LOCAL")
    return f"{address}/{message['prefixlen']}" if address else None


def parse_route(data: bytes) -> str | None:
    """``destination/length`` of one message of ``dump_routes``; None for a default route."""
    message = _decode(_classes.route, data)
    if message["dst_len"] == 0 or message["type"] != _UNICAST:
        return None
    return f"{message.get_attr('RTA_DST')}/{message['dst_len']}"


def _decode(of: Any, data: bytes) -> Any:
    message = of(data)
    message.decode()
    return message


def _pack(number: int) -> bytes:
    return number.to_bytes(4, sys.byteorder)


def _packed_mac(mac: str) -> bytes:
    return bytes.fromhex(mac.replace(":", ""))


def _packed(address: str) -> bytes:
    return bytes(map(int, address.split(".")))

"""nftables rules: networks lead out by masquerading, and not into each other.

They live in a table of this process's own: the kernel removes it when the process ends, however it
does (NFT_TABLE_F_OWNER, Linux 5.12), so nothing is left on the host. Numbers are those of
include/uapi/linux/netfilter/nf_tables.h.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Final

from pausedemo.embedded.network.netlink import Netlink

NETFILTER: Final = 12
_IPV4: Final = 2
_SUBSYSTEM: Final = 10
_BEGIN, _END = 16, 17
_NEW_TABLE, _NEW_CHAIN, _NEW_RULE, _DELETE_RULE = ((_SUBSYSTEM << 8) | one for one in (0, 3, 6, 8))
_REQUEST, _ACK, _CREATE, _APPEND = 0x1, 0x4, 0x400, 0x800
_NESTED: Final = 0x8000
_OWNER: Final = 2
_IN_NAME, _OUT_NAME = 6, 7  # NFT_META_IIFNAME, NFT_META_OIFNAME
_EQUAL, _OTHER = 0, 1  # NFT_CMP_EQ, NFT_CMP_NEQ
_NAME_SIZE: Final = 16
_SOURCE_OFFSET: Final = 12  # of the source address in an IPv4 header


@dataclass(frozen=True, slots=True)
class Way:
    """A network as the rules see it: the link that leads to it, and whether it leads on."""

    link: str
    subnet: IPv4Network
    internal: bool


class Firewall:
    """The table, in the network namespace of the thread that makes this object."""

    def __init__(self, prefix: str) -> None:
        """``prefix`` begins the names of all links that lead to networks, of any engine."""
        self._netlink = Netlink(NETFILTER)
        self._prefix = prefix
        self._table = f"pausedemo-{os.getpid()}-{os.urandom(4).hex()}"

    def close(self) -> None:
        """Remove the table."""
        self._netlink.close()

    def write(self, ways: Iterable[Way]) -> None:
        """Have rules for exactly these networks, in one transaction.

        Raises OSError where the kernel has no nftables, or none with owned tables.
        """
        table = _text(1, self._table)
        requests = [
            _message(_BEGIN, _REQUEST, b"", family=0, resource=_SUBSYSTEM),
            _message(_NEW_TABLE, _CREATE, table + _number(2, _OWNER)),
            self._chain("out", "nat", hook=4, priority=100),
            self._chain("between", "filter", hook=2, priority=0),
            _message(_DELETE_RULE, 0, table),
        ]
        for way in ways:
            requests += self._rules(way)
        requests.append(_message(_END, _REQUEST, b"", family=0, resource=_SUBSYSTEM))
        self._netlink.request(*requests)

    def _rules(self, way: Way) -> list[bytes]:
        name = way.link.encode().ljust(_NAME_SIZE, b"\0")
        if way.internal:
            return [
                self._rule("between", _link_is(_IN_NAME, name), _DROP),
                self._rule("between", _link_is(_OUT_NAME, name), _DROP),
            ]
        into_other = _link_is(_OUT_NAME, self._prefix.encode())
        not_itself = _link_is(_OUT_NAME, name, _OTHER)
        return [
            self._rule("between", _link_is(_IN_NAME, name), into_other, not_itself, _DROP),
            self._rule("out", _source_in(way.subnet), not_itself, _expression("masq", b"")),
        ]

    def _chain(self, name: str, kind: str, *, hook: int, priority: int) -> bytes:
        place = _nest(4, _number(1, hook) + _number(2, priority))
        attributes = _text(1, self._table) + _text(3, name) + place + _text(7, kind)
        return _message(_NEW_CHAIN, _CREATE, attributes)

    def _rule(self, chain: str, *expressions: bytes) -> bytes:
        attributes = _text(1, self._table) + _text(2, chain) + _nest(4, b"".join(expressions))
        return _message(_NEW_RULE, _CREATE | _APPEND, attributes)


def _link_is(key: int, name: bytes, operation: int = _EQUAL) -> bytes:
    """Compare a link's name with ``name``, as far as that goes: 16 bytes are a whole name."""
    load = _expression("meta", _number(1, 1) + _number(2, key))
    return load + _compare(operation, name)


def _source_in(subnet: IPv4Network) -> bytes:
    load = _number(1, 1) + _number(2, 1) + _number(3, _SOURCE_OFFSET) + _number(4, 4)
    mask = _nest(4, _attribute(1, subnet.netmask.packed)) + _nest(5, _attribute(1, bytes(4)))
    masked = _number(1, 1) + _number(2, 1) + _number(3, 4) + mask
    return (
        _expression("payload", load)
        + _expression("bitwise", masked)
        + _compare(_EQUAL, subnet.network_address.packed)
    )


def _compare(operation: int, value: bytes) -> bytes:
    return _expression(
        "cmp", _number(1, 1) + _number(2, operation) + _nest(3, _attribute(1, value))
    )


def _expression(name: str, data: bytes) -> bytes:
    return _nest(1, _text(1, name) + _nest(2, data))


def _message(
    kind: int, flags: int, attributes: bytes, *, family: int = _IPV4, resource: int = 0
) -> bytes:
    if kind not in (_BEGIN, _END):
        flags |= _REQUEST | _ACK
    body = struct.pack("!BBH", family, 0, resource) + attributes
    return struct.pack("=IHHII", 16 + len(body), kind, flags, 0, 0) + body


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(value), kind) + value + b"\0" * (-len(value) % 4)


def _nest(kind: int, value: bytes) -> bytes:
    return _attribute(kind | _NESTED, value)


def _text(kind: int, value: str) -> bytes:
    return _attribute(kind, value.encode() + b"\0")


def _number(kind: int, value: int) -> bytes:
    return _attribute(kind, struct.pack("!I", value))


_DROP: Final = _expression("immediate", _number(1, 0) + _nest(2, _nest(2, _number(1, 0))))

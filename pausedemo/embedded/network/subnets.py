"""Which subnet a network takes, and which address a container."""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections import deque
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network
from typing import Final

from pausedemo.embedded.errors import BadParameter, Forbidden, ServerError

# dockerd's own list: moby libnetwork/ipamutils, localScopeDefaultNetworks.
CANDIDATES: Final = tuple(
    [IPv4Network(f"172.{second}.0.0/16") for second in range(17, 32)]
    + [IPv4Network(f"192.168.{third}.0/20") for third in range(0, 256, 16)]
)
_REMEMBERED: Final = 64


def compute_free(taken: Iterable[IPv4Network]) -> Iterator[IPv4Network]:
    """The subnets for a network that overlap none of ``taken``, the first choice first."""
    used = tuple(taken)
    return (one for one in CANDIDATES if not any(one.overlaps(other) for other in used))


def parse_networks(texts: Iterable[str | None]) -> tuple[IPv4Network, ...]:
    """``address/length`` texts as networks; host bits may be set, None is left out."""
    return tuple(IPv4Network(text, strict=False) for text in texts if text)


class Claims:
    """Subnets held against other engines on this machine, until ``close`` or the process's end.

    A claim is an abstract Unix socket's name: the kernel gives it to one process of a network
    namespace at a time, whoever's, and takes it back at its end (unix(7)).
    """

    def __init__(self) -> None:
        self._held: dict[IPv4Network, socket.socket] = {}

    def take(self, subnet: IPv4Network) -> bool:
        """Hold ``subnet``; False when another engine does."""
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        try:
            claim.bind(f"\0pausedemo/subnet/{subnet}")
        except OSError as error:
            claim.close()
            if error.errno == errno.EADDRINUSE:
                return False
            raise
        self._held[subnet] = claim
        return True

    def give(self, subnet: IPv4Network) -> None:
        held = self._held.pop(subnet, None)
        if held is not None:
            held.close()

    def close(self) -> None:
        for subnet in tuple(self._held):
            self.give(subnet)


class AddressPool:
    """The addresses of one network: the lowest free one, but none that was freed just now."""

    def __init__(
        self,
        subnet: IPv4Network,
        gateway: IPv4Address | None = None,
        ip_range: IPv4Network | None = None,
    ) -> None:
        """Raises BadParameter where the parts do not fit."""
        if subnet.prefixlen > 30:
            raise BadParameter(f"subnet {subnet} is too small for a gateway and a container")
        if gateway is not None and gateway not in subnet:
            raise Forbidden(
                f"Invalid address {gateway}: It does not belong to any of this network's subnets"
            )
        if ip_range is not None and not ip_range.subnet_of(subnet):
            raise BadParameter(f"invalid ip-range {ip_range}: it is not within {subnet}")
        self.subnet = subnet
        self.gateway = gateway or subnet.network_address + 1
        self.ip_range = ip_range
        self._reserved = {subnet.network_address, subnet.broadcast_address, self.gateway}
        self._taken: set[IPv4Address] = set()
        self._freed: deque[IPv4Address] = deque(maxlen=_REMEMBERED)

    def take(self, wanted: str | None = None) -> IPv4Address:
        """An address. Forbidden: the wanted one cannot be had. ServerError: all are taken."""
        if wanted:
            return self._take(self._parse(wanted))
        held = self._taken | self._reserved
        for avoided in (held.union(self._freed), held):
            for address in self.ip_range or self.subnet:
                if address not in avoided:
                    return self._take(address)
        raise ServerError("no available IPv4 addresses on this network's address pools")

    def give(self, address: IPv4Address) -> None:
        """Free an address. It is not given again before others were, unless asked for by name."""
        if address in self._taken:
            self._taken.discard(address)
            self._freed.append(address)

    def _parse(self, wanted: str) -> IPv4Address:
        try:
            address = ipaddress.IPv4Address(wanted)
        except ValueError as error:
            raise BadParameter(f"invalid IPv4 address: {wanted}") from error
        if address not in self.subnet:
            raise Forbidden(
                f"Invalid address {address}: It does not belong to any of this network's subnets"
            )
        return address

    def _take(self, address: IPv4Address) -> IPv4Address:
        if address in self._taken or address in self._reserved:
            raise Forbidden("Address already in use")
        self._taken.add(address)
        return address

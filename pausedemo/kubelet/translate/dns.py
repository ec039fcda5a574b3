"""What a pod resolves names by.

There is no cluster, so ClusterFirst is Default: the machine's own servers. An engine puts those
in place of each kind (servers, searches, options) that it is not told, so what a manifest adds
needs the machine's own beside it, where they are known.

Source: kubernetes pkg/kubelet/network/dns/dns.go, GetPodDNS and appendDNSConfig.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Final

from pausedemo.core.manifest import DNSPolicy, PodDNSConfigOption, PodSpec

#: More are of no use to a resolver. Source: kubernetes pkg/apis/core/validation, MaxDNS*.
MAX_NAMESERVERS: Final = 3
#: Docker's word for "search nowhere", which an empty list is not.
NO_SEARCH: Final = "."


@dataclass(frozen=True, slots=True)
class NodeDNS:
    """Servers, searches and options of a resolv.conf."""

    nameservers: tuple[str, ...] = ()
    searches: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


def choose_dns(spec: PodSpec, node: NodeDNS | None = None) -> NodeDNS:
    """What to tell the engine; what is empty is the machine's own."""
    wanted = spec.dns_config
    options = tuple(map(_render_option, wanted.options))
    if spec.dns_policy is DNSPolicy.NONE:
        return NodeDNS(
            wanted.nameservers[:MAX_NAMESERVERS], wanted.searches or (NO_SEARCH,), options
        )
    own = node or NodeDNS()
    return NodeDNS(
        _merge(own.nameservers, wanted.nameservers)[:MAX_NAMESERVERS],
        _merge(own.searches, wanted.searches),
        _merge_options(own.options, wanted.options),
    )


def parse_resolv_conf(text: str) -> NodeDNS:
    """Read a resolv.conf(5). Servers on the machine's own loopback are of no use to a pod.

    Docker leaves those out as well (moby, libnetwork/resolvconf), and then takes others.
    """
    nameservers: list[str] = []
    searches: tuple[str, ...] = ()
    options: list[str] = []
    for line in text.splitlines():
        word, *rest = line.split() or [""]
        if word == "nameserver" and rest and not _is_loopback(rest[0]):
            nameservers.append(rest[0])
        elif word in ("search", "domain"):
            searches = tuple(rest)
        elif word == "options":
            options += rest
    return NodeDNS(tuple(nameservers), searches, tuple(options))


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return True


def _merge(own: tuple[str, ...], wanted: tuple[str, ...]) -> tuple[str, ...]:
    """The machine's first, each once; nothing when nothing is added."""
    return tuple(dict.fromkeys((*own, *wanted))) if wanted else ()


def _merge_options(own: tuple[str, ...], wanted: tuple[PodDNSConfigOption, ...]) -> tuple[str, ...]:
    """One that both have is the pod's."""
    if not wanted:
        return ()
    merged = {option.partition(":")[0]: option for option in own}
    merged |= {option.name: _render_option(option) for option in wanted}
    return tuple(merged.values())


def _render_option(option: PodDNSConfigOption) -> str:
    return option.name if option.value is None else f"{option.name}:{option.value}"

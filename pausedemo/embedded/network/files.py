"""The hosts and resolv.conf files of a container; computation only."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from pausedemo.embedded.errors import BadParameter
from pausedemo.embedded.network.dns import ADDRESS
from pausedemo.embedded.network.model import DnsOptions, Endpoint

# libnetwork etchosts.go
_HOSTS = (
    ("127.0.0.1", "localhost"),
    ("::1", "localhost ip6-localhost ip6-loopback"),
    ("fe00::0", "ip6-localnet"),
    ("ff00::0", "ip6-mcastprefix"),
    ("ff02::1", "ip6-allnodes"),
    ("ff02::2", "ip6-allrouters"),
)
# What dockerd takes when the host has only resolvers that a container cannot reach.
_LAST_RESORT = ("8.8.8.8", "8.8.4.4")


def render_hosts(endpoints: Iterable[Endpoint], hostname: str, extra_hosts: Iterable[str]) -> str:
    """/etc/hosts: Docker's standard lines, ``name:address`` extras, the container's own addresses.

    The extra address ``host-gateway`` stands for the first endpoint's gateway. ``hostname`` may be
    ``name.domain``: then the bare name follows. Raises BadParameter on a wrong extra.
    """
    placed = tuple(endpoints)
    rows = list(_HOSTS)
    for extra in extra_hosts:
        name, separator, address = extra.partition(":")
        if address == "host-gateway" and placed:
            address = placed[0].gateway
        if not separator or not name or not is_address(address):
            raise BadParameter(f'bad format for add-host: "{extra}"')
        rows.append((address, name))
    names = hostname
    if "." in hostname:
        names += " " + hostname.partition(".")[0]
    if names:
        rows += [(endpoint.ip, names) for endpoint in placed]
    return "".join(f"{address}\t{name}\n" for address, name in rows)


def render_resolv_conf(host_text: str, options: DnsOptions, *, own_server: bool) -> str:
    """/etc/resolv.conf, made from the host's.

    ``own_server``: the sandbox has a name server at 127.0.0.11. Else the host's resolvers are
    named, without those on its loopback addresses, which lead nowhere from a container.
    """
    servers, search, others = parse_resolv_conf(host_text)
    search = options.search or search
    if search == (".",):
        search = ()
    others = options.options or others
    if own_server:
        servers = (ADDRESS,)
        if not any(one.startswith("ndots:") for one in others):
            others = (*others, "ndots:0")
    elif options.servers:
        servers = options.servers
    else:
        servers = tuple(one for one in servers if not _is_loopback(one)) or _LAST_RESORT
    lines = [f"search {' '.join(search)}"] if search else []
    lines += [f"nameserver {one}" for one in servers]
    lines += [f"options {' '.join(others)}"] if others else []
    return "\n".join(lines) + "\n"


def parse_resolv_conf(text: str) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Nameservers, search domains (the last line counts) and options, see resolv.conf(5)."""
    servers: list[str] = []
    search: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    for line in text.splitlines():
        words = line.split("#")[0].split(";")[0].split()
        if len(words) < 2:
            continue
        if words[0] == "nameserver" and is_address(words[1]):
            servers.append(words[1])
        elif words[0] in ("search", "domain"):
            search = tuple(words[1:])
        elif words[0] == "options":
            options = tuple(words[1:])
    return tuple(servers), search, options


def is_address(text: str) -> bool:
    """Whether ``text`` is an IPv4 or IPv6 address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_loopback(text: str) -> bool:
    return ipaddress.ip_address(text).is_loopback

"""Who has which name on which network: the answers of a sandbox's name server."""

from __future__ import annotations

import random
from collections.abc import Iterable
from ipaddress import IPv4Address

from pausedemo.embedded.network.model import Endpoint, Network, Sandbox

_REVERSE = ".in-addr.arpa"


class Names:
    """Names as a sandbox sees them: those of the containers it shares a user network with."""

    def __init__(self, networks: Iterable[Network]) -> None:
        """``networks`` is looked through at every question."""
        self._networks = networks

    def addresses(self, asker: Sandbox, name: str) -> tuple[str, ...]:
        """The addresses of ``name`` in a random order, empty for a name that no container has."""
        wanted = name.rstrip(".").lower()
        found = [
            endpoint.ip
            for network, sandbox, endpoint in self._seen_by(asker)
            if wanted in names_of(network, sandbox, endpoint)
        ]
        random.shuffle(found)
        return tuple(dict.fromkeys(found))

    def name_of(self, asker: Sandbox, question: str) -> str | None:
        """The name for a PTR question, as ``container.network``; None for foreign addresses."""
        address = parse_reverse(question)
        for network, sandbox, endpoint in self._seen_by(asker):
            if endpoint.ip == address:
                return f"{sandbox.name}.{network.name}"
        return None

    def _seen_by(self, asker: Sandbox) -> Iterable[tuple[Network, Sandbox, Endpoint]]:
        for network in self._networks:
            if network.names_resolve and asker.id in network.sandboxes:
                for sandbox in network.sandboxes.values():
                    endpoint = sandbox.endpoints.get(network.name)
                    if endpoint is not None:
                        yield network, sandbox, endpoint


def names_of(network: Network, sandbox: Sandbox, endpoint: Endpoint) -> frozenset[str]:
    """All names of a container on a network, in lower case.

    Name, short id and aliases, each also with the network's name behind it.
    """
    names = {sandbox.name, sandbox.container_id[:12], *endpoint.aliases}
    names |= {f"{name}.{network.name}" for name in names}
    return frozenset(name.lower() for name in names)


def parse_reverse(question: str) -> str | None:
    """``4.3.2.1.in-addr.arpa.`` as 1.2.3.4; None for anything else."""
    name = question.rstrip(".").lower()
    if not name.endswith(_REVERSE):
        return None
    parts = name.removesuffix(_REVERSE).split(".")
    try:
        return str(IPv4Address(".".join(reversed(parts))))
    except ValueError:
        return None

"""What the engine knows of networks, sandboxes and their endpoints."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import Final, Protocol

from pausedemo.embedded.network.subnets import AddressPool

DEFAULT: Final = "bridge"
PREDEFINED: Final = (DEFAULT, "host", "none")


class Events(Protocol):
    """Where to tell what happened to a network."""

    def publish(self, type: str, action: str, id: str, attributes: dict[str, str]) -> None: ...  # noqa: A002


@dataclass(frozen=True, slots=True)
class Attachment:
    """A container's wish to be on a network, named by name or id.

    ``hostname`` is its own, another alias on a user network. ``driver_options`` are shown, and
    mean nothing here.
    """

    network: str
    aliases: tuple[str, ...] = ()
    ipv4: str | None = None
    mac: str | None = None
    hostname: str = ""
    driver_options: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Endpoint:
    """A container's place on a network.

    ``interface`` is its link inside, ``link`` the far end, which may have been made ahead.
    ``gateway`` is empty on an internal network. ``aliases`` end with the container's short id and
    its hostname on a user network, as in Docker.
    """

    network_id: str
    endpoint_id: str
    ip: str
    prefix_len: int
    gateway: str
    mac: str
    aliases: tuple[str, ...]
    interface: str
    link: str


Port = tuple[str, int | None]
"""Host address ("" for all) and port (None for a free one)."""
PublishedPorts = Mapping[str, list[tuple[str, int]]]
"""By ``8080/tcp``: host address and port."""


class Closable(Protocol):
    """Something that serves a sandbox."""

    def close(self) -> None: ...


@dataclass(slots=True, eq=False)
class Sandbox:
    """A container's network: its namespace, and by network name its endpoints.

    ``netns_fd`` belongs to ``Networks``, which closes it at ``release``.
    """

    id: str
    container_id: str
    name: str
    netns_fd: int
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    ports: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    upstreams: tuple[str, ...] = ()
    servers: list[Closable] = field(default_factory=list)
    resolver: Closable | None = None
    released: bool = False

    @property
    def gateway_endpoint(self) -> Endpoint | None:
        """The endpoint that the default route goes through: the first that leads out."""
        return next((one for one in self.endpoints.values() if one.gateway), None)


@dataclass(slots=True, eq=False)
class Network:
    """A network. ``pool`` is None for host and none; ``bridge`` is the bridge's index.

    ``created_ns`` is Unix time.
    """

    name: str
    id: str
    driver: str
    created_ns: int
    pool: AddressPool | None = None
    internal: bool = False
    attachable: bool = False
    user_subnet: bool = False
    user_gateway: bool = False
    options: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    bridge: int = 0
    sandboxes: dict[str, Sandbox] = field(default_factory=dict)

    @property
    def predefined(self) -> bool:
        return self.name in PREDEFINED

    @property
    def names_resolve(self) -> bool:
        """Whether containers find each other by name: not on the default network, as in Docker."""
        return self.driver == "bridge" and not self.predefined


@dataclass(frozen=True, slots=True)
class DnsOptions:
    """--dns, --dns-search and --dns-option."""

    servers: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


class Member(Protocol):
    """A container, as ``docker network connect`` sees it; ``sandbox`` is None while it is down."""

    @property
    def container_id(self) -> str: ...
    @property
    def container_name(self) -> str: ...
    @property
    def sandbox(self) -> Sandbox | None: ...
    @property
    def hostname(self) -> str: ...
    @property
    def is_running(self) -> bool: ...
    @property
    def shares_network(self) -> bool: ...
    @property
    def networks(self) -> tuple[str, ...]: ...
    def attached(self, attachment: Attachment) -> None:
        """Remember a network for the next start."""

    def detached(self, network: str) -> None:
        """Forget a network, given by its name. Raises KeyError when the container is not on it."""


FindMember = Callable[[str], Member]
"""By a container's name or id. Raises NotFound."""


def compute_mac(address: IPv4Address) -> str:
    """The MAC that Docker gives to the owner of an address (libnetwork GenerateMACFromIP)."""
    return ":".join(f"{part:02x}" for part in b"\x02\x42" + address.packed)

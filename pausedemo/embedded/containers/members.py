"""A container as the networks see it: who is connected to them while it runs or before."""

from __future__ import annotations

from pausedemo.embedded.containers.container import Container
from pausedemo.embedded.containers.etcfiles import refresh_files
from pausedemo.embedded.containers.node import Node
from pausedemo.embedded.errors import ApiError
from pausedemo.embedded.network.model import Attachment, Sandbox


class Member:
    """The networks' view of a container."""

    def __init__(self, node: Node, container: Container) -> None:
        self._node = node
        self._container = container

    @property
    def container_id(self) -> str:
        """The full id."""
        return self._container.id

    @property
    def container_name(self) -> str:
        """The name without a slash."""
        return self._container.name

    @property
    def sandbox(self) -> Sandbox | None:
        """Its network now, None while it does not run or shares another's."""
        return self._container.sandbox

    @property
    def hostname(self) -> str:
        """What it calls itself."""
        return str(self._container.config["Hostname"])

    @property
    def is_running(self) -> bool:
        """Whether it has a network now."""
        return self._container.state.is_running

    @property
    def shares_network(self) -> bool:
        """Whether its network is another container's."""
        return self._container.donor("NetworkMode") is not None

    @property
    def networks(self) -> tuple[str, ...]:
        """Names of those it is on, or will be once it runs; host and none among them."""
        return tuple(map(self._find_name, self._container.wanted_networks()))

    def _find_name(self, network: str) -> str:
        try:
            return self._node.networks.find(network).name
        except ApiError:  # removed since
            return network

    def attached(self, attachment: Attachment) -> None:
        """Remember a network for the next start."""
        endpoints = self._container.networking.setdefault("EndpointsConfig", {})
        address = {"IPv4Address": attachment.ipv4} if attachment.ipv4 else None
        endpoints[attachment.network] = {
            "Aliases": list(attachment.aliases),
            "IPAMConfig": address,
            "MacAddress": attachment.mac,
            "DriverOpts": dict(attachment.driver_options) or None,
        }
        refresh_files(self._node, self._container)

    def detached(self, network: str) -> None:
        """Forget a network. Raises KeyError when the container is not on it."""
        endpoints = self._container.networking.setdefault("EndpointsConfig", {})
        if network in endpoints:
            del endpoints[network]
        elif network not in self.networks:
            raise KeyError(network)
        # Who has the machine's network keeps it, whatever is forgotten.
        if network == self._find_name(self._container.network_mode) != "host":
            self._container.has_left_mode = True
        refresh_files(self._node, self._container)

"""A container as the networks see it: who is connected to them while it runs or before."""

from __future__ import annotations

from pausedemo.embedded.containers.container import Container
from pausedemo.embedded.containers.etcfiles import refresh_files
from pausedemo.embedded.containers.node import Node
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

    def attached(self, attachment: Attachment) -> None:
        """Remember a network for the next start."""
        endpoints = self._container.networking.setdefault("EndpointsConfig", {})
        address = {"IPv4Address": attachment.ipv4} if attachment.ipv4 else None
        endpoints[attachment.network] = {
            "Aliases": list(attachment.aliases),
            "IPAMConfig": address,
        }
        refresh_files(self._node, self._container)

    def detached(self, network: str) -> None:
        """Forget a network. Raises KeyError when the container is not on it."""
        endpoints = self._container.networking.setdefault("EndpointsConfig", {})
        if network in endpoints:
            del endpoints[network]
        elif network != self._container.network_mode:
            raise KeyError(network)
        refresh_files(self._node, self._container)

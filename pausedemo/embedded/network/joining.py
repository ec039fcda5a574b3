"""Whether a container may join a network, or leave it, as dockerd sees it; computation only.

Source: moby 20.10, daemon/container_operations.go, and runconfig/errors.go for the words.
"""

from __future__ import annotations

from typing import Final

from pausedemo.embedded.errors import BadParameter, Forbidden, ServerError
from pausedemo.embedded.network.model import Member, Network

HOST_CONFLICT: Final = (
    "container cannot be disconnected from host network or connected to host network"
)
SHARED_CONFLICT: Final = (
    "container sharing network namespace with another container or host cannot be connected to "
    "any other network"
)
NONE_CONFLICT: Final = (
    "container cannot be connected to multiple networks with one of the networks in private "
    "(none) mode"
)


def check_joining(network: Network, member: Member) -> None:
    """Raises BadParameter, and Forbidden for who is on that network and runs."""
    if member.shares_network and member.is_running:
        raise BadParameter(SHARED_CONFLICT)
    if network.name == "host" and "host" not in member.networks:
        raise BadParameter(HOST_CONFLICT)
    if network.name in member.networks:
        if member.is_running:
            raise Forbidden(
                f"endpoint with name {member.container_name} already exists in network "
                f"{network.name}"
            )
        return
    for other in member.networks:
        if other == "host":
            raise BadParameter(SHARED_CONFLICT)
        if "none" in (other, network.name):
            raise BadParameter(NONE_CONFLICT)


def check_leaving(network: Network, member: Member) -> None:
    """Raises BadParameter, and ServerError for who is not on that network."""
    if network.name not in member.networks:
        article = "" if member.is_running else "the "
        raise ServerError(
            f"container {member.container_id} is not connected to {article}network {network.name}"
        )
    if network.name == "host" and member.is_running:
        raise BadParameter(HOST_CONFLICT)

"""What dockerd tells of a container's volumes, from its making to its removal."""

from __future__ import annotations

from collections.abc import Iterable

from pausedemo.embedded.containers.container import Container
from pausedemo.embedded.containers.node import Node

DRIVER = "local"


def tell_made(node: Node, volumes: Iterable[str]) -> None:
    """They were made for a container: before the event of its making."""
    for volume in volumes:
        node.events.publish("volume", "create", volume, {"driver": DRIVER})


def tell_removed(node: Node, volumes: Iterable[str]) -> None:
    """They went with their container: before the event of its removal."""
    for volume in volumes:
        node.events.publish("volume", "destroy", volume, {"driver": DRIVER})


def tell_mounted(node: Node, container: Container) -> None:
    """Its volumes are mounted: before the event of its start, as moby, daemon/volumes_unix.go."""
    for one in container.placed:
        if one.volume:
            attributes = {
                "container": container.id,
                "destination": one.point.destination,
                "driver": DRIVER,
                "propagation": "",
                "read/write": "false" if one.point.readonly else "true",
            }
            container.mounted.append(one.volume)
            node.events.publish("volume", "mount", one.volume, attributes)


def tell_unmounted(node: Node, container: Container) -> None:
    """Those that were told to be mounted are so no more: moby, container/container.go."""
    mounted, container.mounted = container.mounted, []
    for volume in mounted:
        attributes = {"container": container.id, "driver": DRIVER}
        node.events.publish("volume", "unmount", volume, attributes)

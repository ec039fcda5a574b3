"""Which port of a container a probe or a hook means."""

from __future__ import annotations

from pausedemo.core.manifest import Container
from pausedemo.errors import PausedemoError


class PortError(PausedemoError):
    """A probe or hook names a port that its container has not."""


def resolve_port(port: int | str, container: Container) -> int:
    """The number of a port that is given by number, by the container's name for it, or as text.

    Raises PortError, in the kubelet's words.
    Source: ResolveContainerPort in kubernetes pkg/probe/util.go.
    """
    number = port if isinstance(port, int) else _find(port, container)
    if not 0 < number < 65536:
        raise PortError(f"invalid port number: {number}")
    return number


def _find(name: str, container: Container) -> int:
    for port in container.ports:
        if port.name == name:
            return port.container_port
    # It may be a number that is written as text.
    if name.isascii() and name.isdecimal():
        return int(name)
    raise PortError(f'strconv.Atoi: parsing "{name}": invalid syntax')

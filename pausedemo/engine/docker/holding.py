"""Containers that live as long as somebody holds on to them.

The engine closes a container's standard input when the connection that was attached to it goes,
however it goes; a program that reads it to its end then ends too (``StdinOnce``, moby
container/stream/attach.go).
"""

from __future__ import annotations

import contextlib
import socket
from dataclasses import dataclass, replace
from typing import Any

from pausedemo.engine.docker.containers import ContainerCalls
from pausedemo.engine.port import ContainerConfig
from pausedemo.errors import PausedemoError


@dataclass(slots=True)
class HeldContainer:
    """See the port's ``Holding``."""

    id: str
    _socket: Any
    _calls: HoldCalls

    def close(self) -> None:
        _close(self._socket)
        with contextlib.suppress(PausedemoError):
            self._calls.remove_container(self.id)


class HoldCalls(ContainerCalls):
    """The port's ``hold_container``."""

    def hold_container(self, config: ContainerConfig) -> HeldContainer:
        held = replace(config, open_stdin=True, stdin_once=True, auto_remove=True)
        container_id = self.create_container(held)
        try:
            attached = self._ask(
                f"attach to container {container_id}",
                self._client.attach_socket,
                container_id,
                params={"stdin": 1, "stream": 1},
            )
            self.start_container(container_id)
        except BaseException:
            with contextlib.suppress(PausedemoError):
                self.remove_container(container_id)
            raise
        return HeldContainer(container_id, attached, self)


def _close(attached: Any) -> None:
    """Shut the connection itself down: the SDK hands out a reader that shares its socket."""
    connection = getattr(attached, "_sock", attached)
    with contextlib.suppress(OSError, AttributeError):
        connection.shutdown(socket.SHUT_RDWR)
    for one in (attached, connection):
        with contextlib.suppress(OSError, ValueError):
            one.close()

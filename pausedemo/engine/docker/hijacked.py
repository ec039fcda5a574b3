"""A command inside a container that has taken its HTTP connection over.

After the reply's headers the connection carries the command's streams in both ways. What arrived
together with the headers lies in the buffer that read them (docker-py#3332), so all reading goes
through that buffer; writing goes to the socket below it.
"""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
from typing import Any, Final, Protocol

import docker
import requests

from pausedemo.engine import wire
from pausedemo.engine.docker.asking import REQUEST_TIMEOUT_S, raise_for_status
from pausedemo.errors import EngineGone

#: As much as is taken from a terminal at once.
CHUNK_BYTES: Final = 1 << 16


class ExecEnds(Protocol):
    """What can be asked of a command besides its streams."""

    def exec_exit_code(self, exec_id: str, action: str) -> int: ...

    def exec_resize(self, exec_id: str, action: str, rows: int, columns: int) -> None: ...


def start_hijacked(client: docker.APIClient, exec_id: str, tty: bool) -> requests.Response:
    """Start a command and keep the connection."""
    response = client.post(
        f"{client.base_url}/v{client.api_version}/exec/{exec_id}/start",
        data=json.dumps({"Detach": False, "Tty": tty}),
        headers={"Content-Type": "application/json", "Connection": "Upgrade", "Upgrade": "tcp"},
        stream=True,
        timeout=(REQUEST_TIMEOUT_S, None),
    )
    raise_for_status(response)
    return response


class HijackedExec:
    """The port's ExecStream."""

    def __init__(
        self, ends: ExecEnds, exec_id: str, action: str, response: requests.Response, *, tty: bool
    ) -> None:
        self._ends = ends
        self._exec_id = exec_id
        self._action = action
        self._response = response
        self._tty = tty
        reply: Any = response.raw
        self._buffer = reply._fp.fp  # noqa: SLF001 - as the SDK does
        self._socket = _find_socket(self._buffer)
        # What the answer's headers were waited for with is no limit for what comes after them.
        self._socket.settimeout(None)
        self._frames = wire.read_frames(self._buffer)

    def send(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise EngineGone(f"cannot {self._action}: its input is closed: {error}") from error

    def end_input(self) -> None:
        # TLS has no half of a connection that could be closed alone.
        if not isinstance(self._socket, ssl.SSLSocket):
            with contextlib.suppress(OSError):
                _end_writing(self._socket)

    def receive(self) -> tuple[int, bytes] | None:
        try:
            if self._tty:
                data = self._buffer.read1(CHUNK_BYTES)
                return (1, data) if data else None
            return next(self._frames, None)
        except (OSError, ValueError) as error:
            # ValueError: closed by another thread in between two reads.
            raise EngineGone(f"cannot {self._action}: the connection broke: {error}") from error

    def resize(self, rows: int, columns: int) -> None:
        self._ends.exec_resize(self._exec_id, self._action, rows, columns)

    def exit_code(self) -> int:
        return self._ends.exec_exit_code(self._exec_id, self._action)

    def close(self) -> None:
        # First, so that a thread that waits for output is woken and lets go of the buffer.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._response.close()


def _find_socket(buffer: Any) -> Any:
    """The socket, or over SSH the channel, that a reply's buffer reads from."""
    channel = getattr(buffer, "channel", None)
    return channel if channel is not None else buffer.raw._sock  # noqa: SLF001


def _end_writing(channel: Any) -> None:
    """Close the half of a connection that we write to; over SSH a channel has its own word."""
    if hasattr(channel, "shutdown_write"):
        channel.shutdown_write()
    else:
        channel.shutdown(socket.SHUT_WR)

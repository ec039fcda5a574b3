"""Requests as bytes: what the docker SDK would not send, or would tidy up in the answer."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TIMEOUT_S = 30.0


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def message(self) -> str:
        """What an error says."""
        try:
            return str(json.loads(self.body)["message"])
        except (ValueError, KeyError, TypeError):
            return ""


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: Path, timeout_s: float) -> None:
        super().__init__("engine", timeout=timeout_s)
        self._path = path

    def connect(self) -> None:
        self.sock = open_socket(self._path, self.timeout or TIMEOUT_S)


def open_socket(path: Path, timeout_s: float = TIMEOUT_S) -> socket.socket:
    """A connection to an engine. The caller closes it."""
    made = socket.socket(socket.AF_UNIX)
    made.settimeout(timeout_s)
    made.connect(str(path))
    return made


def ask(
    path: Path,
    method: str,
    target: str,
    body: Any = None,
    *,
    headers: dict[str, str] | None = None,
    timeout_s: float = TIMEOUT_S,
) -> Answer:
    """One request on a connection of its own, and the whole answer. ``body``: bytes, or JSON."""
    sent = {"Content-Type": "application/json", **(headers or {})}
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
    with contextlib.closing(UnixConnection(path, timeout_s)) as connection:
        connection.request(method, target, body, sent)
        answer = connection.getresponse()
        return Answer(answer.status, dict(answer.headers), answer.read())


def render_request(method: str, target: str, body: bytes = b"", *more: str) -> bytes:
    """A request's bytes, with a length."""
    lines = [f"{method} {target} HTTP/1.1", "Host: engine", *more]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


UPGRADE = ("Connection: Upgrade", "Upgrade: tcp")


@contextlib.contextmanager
def hijacked(path: Path, target: str, body: bytes = b"") -> Iterator[socket.socket]:
    """A POST whose connection is the stream after the head has been read."""
    with open_socket(path) as connection:
        connection.sendall(render_request("POST", target, body, *UPGRADE))
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = connection.recv(1)
            assert byte, head
            head += byte
        assert head.startswith(b"HTTP/1.1 101 "), head
        yield connection

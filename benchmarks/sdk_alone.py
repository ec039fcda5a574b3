"""What the SDK takes for itself: a container made and started by a server that does nothing.

No engine that is asked through the SDK can be faster than that.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import docker

API: Final = "1.41"
_CREATED: Final = json.dumps({"Id": "0" * 64, "Warnings": []}).encode()
_HEADERS_END: Final = b"\r\n\r\n"


@contextlib.contextmanager
def open_sdk_alone() -> Iterator[Callable[[], float]]:
    """A function that measures the seconds of the two requests, once per call."""
    with _serve() as url, contextlib.closing(docker.APIClient(url, version=API)) as client:

        def measure() -> float:
            began = time.perf_counter()
            config = client.create_host_config(ipc_mode="shareable")
            made = client.create_container("pause", name="bench", labels={}, host_config=config)
            client.start(made["Id"])
            return time.perf_counter() - began

        yield measure


@contextlib.contextmanager
def _serve() -> Iterator[str]:
    """A process of its own, so that it takes nothing of the client's."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listening:
        path = str(Path(folder) / "engine.sock")
        listening.bind(path)
        listening.listen()
        server = multiprocessing.get_context("fork").Process(
            target=_accept, args=(listening,), daemon=True
        )
        server.start()
        try:
            yield f"unix://{path}"
        finally:
            server.kill()
            server.join()


def _accept(listening: socket.socket) -> None:
    while True:
        connection, _ = listening.accept()
        threading.Thread(target=_answer, args=(connection,), daemon=True).start()


def _answer(connection: socket.socket) -> None:
    """Answer each request as soon as it is there as a whole."""
    with connection:
        received = b""
        while part := connection.recv(1 << 16):
            received += part
            head, end, body = received.partition(_HEADERS_END)
            if not end or len(body) < _read_length(head):
                continue
            received = b""
            if b"/containers/create" in head:
                length = str(len(_CREATED)).encode()
                connection.sendall(
                    b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: "
                    + length
                    + _HEADERS_END
                    + _CREATED
                )
            else:
                connection.sendall(b"HTTP/1.1 204 No Content" + _HEADERS_END)


def _read_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0

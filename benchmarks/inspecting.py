"""How many inspect requests a second an engine answers over eight connections."""

from __future__ import annotations

import asyncio
import time
from typing import Final

import docker

CONNECTIONS: Final = 8
REQUESTS: Final = 500
TIMEOUT_S: Final = 120


def measure_inspect_rate(client: docker.APIClient, socket: str, image: str) -> float:
    """Requests a second, the client's own work included; it has the other processor."""
    container = client.create_container(image)["Id"]
    try:
        return asyncio.run(asyncio.wait_for(_ask_all(socket, container), TIMEOUT_S))
    finally:
        client.remove_container(container, force=True)


async def _ask_all(socket: str, container: str) -> float:
    request = f"GET /v1.41/containers/{container}/json HTTP/1.1\r\nHost: docker\r\n\r\n".encode()
    began = time.perf_counter()
    await asyncio.gather(*(_ask(socket, request) for _ in range(CONNECTIONS)))
    return CONNECTIONS * REQUESTS / (time.perf_counter() - began)


async def _ask(socket: str, request: bytes) -> None:
    reader, writer = await asyncio.open_unix_connection(socket)
    for _ in range(REQUESTS):
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.decode(errors="replace"))
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        await reader.readexactly(int(length))
    writer.close()
    await writer.wait_closed()

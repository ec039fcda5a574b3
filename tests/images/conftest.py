"""A real engine, a real registry, and containers of the images that recipes build."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pausedemo.engine.docker import DockerEngine
from pausedemo.engine.port import ContainerConfig
from pausedemo.host import find_program
from pausedemo.images.resolve import ResolvedImage

REGISTRY_START_TIMEOUT_S = 20


@pytest.fixture
def start(engine: DockerEngine) -> Iterator[Callable[..., str]]:
    """Start containers without a network of their own; removed at the end, newest first."""
    with contextlib.ExitStack() as made:

        def start(image: ResolvedImage, *command: str, network: str = "none") -> str:
            name = f"images-test-{uuid.uuid4().hex[:12]}"
            config = ContainerConfig(
                name=name, image=image.id, command=command or None, network_mode=network
            )
            container = engine.create_container(config)
            made.callback(engine.remove_container, container)
            engine.start_container(container)
            return container

        yield start


@pytest.fixture(scope="session")
def registry_program() -> Path:
    """Debian's docker-registry."""
    found = find_program("docker-registry")
    if found is None:
        pytest.skip("no docker-registry (Debian: docker-registry)")
    return found


@pytest.fixture
def registry(registry_program: Path, tmp_path: Path) -> Iterator[str]:
    """A registry of our own on loopback, empty; its ``host:port``."""
    address = f"127.0.0.1:{find_free_port()}"
    settings = tmp_path / "registry.yml"
    settings.write_text(
        "version: 0.1\n"
        "log: {level: error}\n"
        f"storage: {{filesystem: {{rootdirectory: {tmp_path / 'registry'}}}}}\n"
        f"http: {{addr: {address}}}\n"
    )
    with (tmp_path / "registry.log").open("wb") as log:
        process = subprocess.Popen([registry_program, "serve", settings], stdout=log, stderr=log)
        try:
            wait_until_it_listens(address)
            yield address
        finally:
            process.terminate()
            process.wait(10)


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_it_listens(address: str) -> None:
    host, _, port = address.partition(":")
    deadline = time.monotonic() + REGISTRY_START_TIMEOUT_S
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection((host, int(port)), 1):
            return
        time.sleep(0.05)
    pytest.fail(f"nothing listens on {address}")

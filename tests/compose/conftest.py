"""One pod brought up twice: by Docker Compose, through pytest-docker, and by our own kubelet."""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from pausedemo.engine.docker import DockerEngine
from pausedemo.engine.port import ContainerInfo
from pausedemo.host import HostLacks, Tool, find_program, require
from pausedemo.kubelet.pod.controller import EngineLimits, PodImages
from pausedemo.kubelet.reach.nodecontainer import NodeContainer
from pausedemo.scenario.node import Node
from tests.conftest import skip_or_fail
from tests.kubelet.kit import Kits

PROJECT_LABEL = "com.docker.compose.project"
SERVICE_LABEL = "com.docker.compose.service"
MEMBERS = ("pause", "busybox", "ghost", "nginx")
SPEC = """
    shareProcessNamespace: true
    containers:
    - {name: busybox, image: busybox, command: [sleep, "3600"]}
    - {name: ghost, image: ghost}
    - {name: nginx, image: nginx}
"""


@dataclass(frozen=True, slots=True)
class Peer:
    """A pod, whoever made it: its four containers by their names in the pod."""

    engine: DockerEngine
    containers: Mapping[str, ContainerInfo]

    def shell(self, *argv: str) -> str:
        """What a command in busybox prints."""
        container = self.containers["busybox"].id
        return self.engine.exec(container, argv, timeout_s=60).stdout.decode()


@pytest.fixture(scope="session")
def compose_program() -> str:
    """The plugin where it is there, else Compose 1.29, installed where that is allowed."""
    if find_program("docker"):
        asked = subprocess.run(
            ["docker", "compose", "version"], capture_output=True, timeout=60, check=False
        )
        if asked.returncode == 0:
            return "docker compose"
    try:
        require(Tool("docker-compose", "docker-compose"))
    except HostLacks as error:
        skip_or_fail(str(error))
    return "docker-compose"


@pytest.fixture(scope="session")
def docker_compose_project_name() -> str:
    return f"pausedemo-peer-{os.getpid()}"


@pytest.fixture(scope="session")
def docker_compose_file() -> str:
    return str(Path(__file__).with_name("docker-compose.yml"))


@pytest.fixture(scope="session")
def docker_compose_command(
    compose_program: str,
    engine_environ: dict[str, str],
    pause_image: str,
    busybox_image: str,
    nginx_image: str,
    ghost_image: str,
) -> str:
    """Compose in an environment of its own: on the tests' engine, with our images.

    Through env(1), because pytest-docker hands on the environment of all the tests as it is.
    """
    given = {
        "PAUSE_IMAGE": pause_image,
        "BUSYBOX_IMAGE": busybox_image,
        "NGINX_IMAGE": nginx_image,
        "GHOST_IMAGE": ghost_image,
    }
    # Compose 1.29 is a Python program of the system's: our libraries are not for it.
    dropped = {"PYTHONPATH", *(os.environ.keys() - engine_environ.keys())}
    docker = {name: value for name, value in engine_environ.items() if name.startswith("DOCKER_")}
    words = ["env"]
    for name in sorted(dropped):
        words += ["-u", name]
    words += [f"{name}={value}" for name, value in {**docker, **given}.items()]
    return f"{shlex.join(words)} {compose_program}"


@pytest.fixture(scope="session")
def docker_setup() -> list[str]:
    return ["up -d"]


@pytest.fixture(scope="session")
def docker_cleanup() -> list[str]:
    return ["down --volumes --timeout 0"]


@pytest.fixture(scope="session")
def compose_pod(
    docker_services: object, engine: DockerEngine, docker_compose_project_name: str
) -> Peer:
    """The pod that Compose made."""
    del docker_services  # it is up
    rows = engine.list_containers({PROJECT_LABEL: docker_compose_project_name})
    found = {row.labels[SERVICE_LABEL]: engine.inspect_container(row.id) for row in rows}
    assert set(found) == set(MEMBERS)
    return Peer(engine, found)


@pytest.fixture(scope="session")
def own_pod(
    engine: DockerEngine, pause_image: str, busybox_image: str, nginx_image: str, ghost_image: str
) -> Iterator[Peer]:
    """The same pod, as our kubelet makes it."""
    containers = {"busybox": busybox_image, "ghost": ghost_image, "nginx": nginx_image}
    with contextlib.ExitStack() as made:
        kits = Kits(engine, PodImages(pause_image, containers), made, EngineLimits())
        kit = kits.make(SPEC)
        kit.sync()
        names = {"pause": "POD", "busybox": "busybox", "ghost": "ghost", "nginx": "nginx"}
        yield Peer(engine, {name: kit.info(names[name]) for name in MEMBERS})


@pytest.fixture(params=["own_pod", "compose_pod"])
def pod(request: pytest.FixtureRequest, engine: DockerEngine) -> Peer:
    """Each of the two. (Naming the engine marks the tests as engine tests.)"""
    del engine
    peer: Peer = request.getfixturevalue(request.param)
    return peer


@pytest.fixture(scope="session")
def node(engine: DockerEngine, busybox_image: str) -> Iterator[Node]:
    with contextlib.closing(NodeContainer(engine, lambda: busybox_image, {})) as container:
        yield Node(container)

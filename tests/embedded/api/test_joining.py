"""Who may join a network or leave it while it has another one: the same on both engines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import docker
import pytest
from docker.models.containers import Container
from docker.models.networks import Network

from tests.embedded.api.conftest import EACH_ENGINE

OWN = "pausedemo-joining"
OTHER = f"{OWN}-other"
HOST = "container cannot be disconnected from host network or connected to host network"
SHARED = (
    "container sharing network namespace with another container or host cannot be connected to "
    "any other network"
)
NONE = (
    "container cannot be connected to multiple networks with one of the networks in private "
    "(none) mode"
)
Make = Callable[..., Container]


@pytest.fixture
def network(sdk: docker.DockerClient) -> Iterator[Network]:
    made = sdk.networks.create(OWN)
    yield made
    made.remove()


@pytest.fixture
def make(sdk: docker.DockerClient, network: Network, busybox: str) -> Iterator[Make]:
    """A container that sleeps; the test's end removes it, before its network."""
    del network  # it is removed after them
    made: list[Container] = []

    def create(mode: str = "bridge", *, running: bool = True, **options: Any) -> Container:
        if mode.startswith("container:"):
            create(name=OTHER)
        command = ["sleep", "1000"]
        made.append(sdk.containers.create(busybox, command, network_mode=mode, **options))
        if running:
            made[-1].start()
        return made[-1]

    yield create
    for one in reversed(made):
        one.remove(force=True)


def refuse(act: Callable[[Container], None], container: Container) -> tuple[int, str]:
    """Status and words of the refusal, or 200 and nothing."""
    try:
        act(container)
    except docker.errors.APIError as error:
        return error.status_code or 0, str(error.explanation).replace(str(container.id), "ID")
    return 200, ""


@EACH_ENGINE
@pytest.mark.parametrize(
    ("mode", "running", "joined", "answer"),
    [
        ("host", True, OWN, (400, SHARED)),
        ("host", False, OWN, (400, SHARED)),
        ("none", True, OWN, (400, NONE)),
        ("none", False, OWN, (400, NONE)),
        (f"container:{OTHER}", True, OWN, (400, SHARED)),
        (f"container:{OTHER}", True, "none", (400, SHARED)),
        ("bridge", True, "none", (400, NONE)),
        ("bridge", False, "none", (400, NONE)),
        ("bridge", False, "host", (400, HOST)),
        ("none", True, "host", (400, HOST)),
        ("host", True, "none", (400, SHARED)),
        (
            "none",
            True,
            "none",
            (403, "endpoint with name pausedemo-joining already exists in network none"),
        ),
        (
            "host",
            True,
            "host",
            (403, "endpoint with name pausedemo-joining already exists in network host"),
        ),
        ("none", False, "none", (200, "")),
        ("host", False, "host", (200, "")),
        ("bridge", False, OWN, (200, "")),
    ],
)
def test_a_network_is_joined_or_not_beside_another(
    sdk: docker.DockerClient,
    make: Make,
    mode: str,
    running: bool,
    joined: str,
    answer: tuple[int, str],
) -> None:
    container = make(mode, running=running, name=OWN)
    assert refuse(sdk.networks.get(joined).connect, container) == answer


@EACH_ENGINE
@pytest.mark.parametrize(
    ("mode", "running", "left", "answer"),
    [
        ("host", True, "host", (400, HOST)),
        ("host", False, "host", (200, "")),
        ("bridge", True, "none", (500, "container ID is not connected to network none")),
        ("bridge", False, "none", (500, "container ID is not connected to the network none")),
        ("none", True, OWN, (500, f"container ID is not connected to network {OWN}")),
    ],
)
def test_a_network_is_left_or_not(
    sdk: docker.DockerClient,
    make: Make,
    mode: str,
    running: bool,
    left: str,
    answer: tuple[int, str],
) -> None:
    container = make(mode, running=running)
    assert refuse(sdk.networks.get(left).disconnect, container) == answer


@EACH_ENGINE
@pytest.mark.parametrize("mode", ["none", "bridge"])
@pytest.mark.parametrize("running", [True, False])
def test_who_has_left_the_network_of_its_mode_joins_another(
    sdk: docker.DockerClient, make: Make, network: Network, mode: str, running: bool
) -> None:
    container = make(mode, running=running)
    sdk.networks.get(mode).disconnect(container)
    network.connect(container)
    container.reload()
    assert list(container.attrs["NetworkSettings"]["Networks"]) == [OWN]
    container.restart(timeout=0)
    container.reload()
    assert list(container.attrs["NetworkSettings"]["Networks"]) == [OWN]
    links = container.exec_run(["ls", "/sys/class/net"]).output
    assert b"eth0" in links
    assert b"eth1" not in links


@EACH_ENGINE
@pytest.mark.parametrize("late", [False, True])
def test_a_hostname_is_an_alias_on_a_user_network(make: Make, network: Network, late: bool) -> None:
    asker = make(OWN)
    named = make("bridge" if late else OWN, hostname="pausedemo-host")
    if late:
        network.connect(named, aliases=["other"])
    named.reload()
    shown = named.attrs["NetworkSettings"]["Networks"][OWN]["Aliases"]
    assert shown == [*(["other"] if late else []), str(named.id)[:12], "pausedemo-host"]
    asker.reload()
    assert asker.attrs["NetworkSettings"]["Networks"][OWN]["Aliases"] == [str(asker.id)[:12]]
    # Whether an answer comes is the machine's firewall's matter.
    found = asker.exec_run(["ping", "-c", "1", "-W", "1", "pausedemo-host"])
    assert b"PING pausedemo-host (" in found.output

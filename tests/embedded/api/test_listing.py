"""Which containers a list shows by number and kind: the same on both engines."""

from __future__ import annotations

from collections.abc import Iterator

import docker
import pytest

from tests.embedded.api.conftest import EACH_ENGINE

OWN = "pausedemo-listing"
PORTS = {"80/tcp": None, "8000/udp": None}


@pytest.fixture
def ports(sdk: docker.DockerClient, busybox: str) -> Iterator[dict[str, str]]:
    """The published ports of one that runs; beside it is one that ended with 3."""
    made = [
        sdk.containers.create(busybox, ["sleep", "1000"], labels=[OWN], name="web", ports=PORTS),
        sdk.containers.create(busybox, ["sh", "-c", "exit 3"], labels=[OWN], name="three"),
        sdk.containers.create(busybox, ["true"], labels=[OWN], name="new"),
    ]
    try:
        for one in made[:2]:
            one.start()
        made[1].wait()
        made[0].reload()
        shown = made[0].attrs["NetworkSettings"]["Ports"]
        yield {port: places[0]["HostPort"] for port, places in shown.items()}
    finally:
        for one in made:
            one.remove(force=True)


@EACH_ENGINE
@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"exited": "3"}, {"three"}),
        ({"exited": "+03"}, {"three"}),
        ({"exited": ["0", "3"]}, {"three"}),
        ({"exited": "0"}, set()),
        ({"is-task": "false"}, {"web", "three", "new"}),
        ({"is-task": "true"}, set()),
        ({"expose": "80"}, {"web"}),
        ({"expose": "80/udp"}, set()),
        ({"expose": "7990-8010/udp"}, {"web"}),
        ({"publish": "80"}, set()),
        ({"publish": "HOST:80/tcp"}, {"web"}),
        ({"publish": "HOST:8000/udp/udp"}, {"web"}),
        ({"publish": "80", "expose": "80"}, {"web"}),
        ({"publish": "80/nosuch"}, set()),
    ],
)
def test_a_list_is_filtered(
    sdk: docker.DockerClient,
    ports: dict[str, str],
    filters: dict[str, str | list[str]],
    names: set[str],
) -> None:
    for port, host in ports.items():
        filters = {
            key: value.replace(f"HOST:{port}", f"{host}/{port[-3:]}")
            if isinstance(value, str)
            else value
            for key, value in filters.items()
        }
    shown = sdk.containers.list(all=True, filters={"label": OWN, **filters})
    assert {one.name for one in shown} == names

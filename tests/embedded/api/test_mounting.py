"""What events tell of a container's volumes, as dockerd 20.10 was seen to do."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

import docker
import pytest

from tests.embedded.api.conftest import EACH_ENGINE

Run = Callable[..., Any]


def find_events(client: Any, since_ns: int) -> list[tuple[str, str, dict[str, str]]]:
    """Type, action and attributes of what has happened since then."""
    since, until = (f"{ns // 10**9}.{ns % 10**9:09d}" for ns in (since_ns, time.time_ns()))
    return [
        (one["Type"], one["Action"], {"id": one["Actor"]["ID"], **one["Actor"]["Attributes"]})
        for one in client.events(decode=True, since=since, until=until)
    ]


def find_volume_events(client: Any, since_ns: int) -> list[tuple[str, dict[str, str]]]:
    found = find_events(client, since_ns)
    return [(action, attributes) for kind, action, attributes in found if kind == "volume"]


@pytest.fixture
def volume(client: Any) -> Any:
    made = client.volumes.create()
    yield made
    made.remove(force=True)


def test_volumes_are_mounted_before_the_start_and_unmounted_after_the_end(
    client: Any, volume: Any, run: Run, tmp_path: Any
) -> None:
    since = time.time_ns()
    container = run(
        volumes=[f"{volume.name}:/data", f"{volume.name}:/again:ro", f"{tmp_path}:/bind"],
        tmpfs={"/scratch": ""},
    )
    container.kill()
    container.wait()
    told = [(kind, action) for kind, action, _ in find_events(client, since) if kind != "network"]
    assert told == [
        ("container", "create"),
        *[("volume", "mount")] * 2,
        *(("container", action) for action in ("start", "kill", "die")),
        *[("volume", "unmount")] * 2,
    ]
    who = {"id": volume.name, "container": container.id, "driver": "local"}
    assert find_volume_events(client, since) == [
        ("mount", {**who, "destination": "/data", "propagation": "", "read/write": "true"}),
        ("mount", {**who, "destination": "/again", "propagation": "", "read/write": "false"}),
        ("unmount", who),
        ("unmount", who),
    ]


@EACH_ENGINE
def test_volumes_are_made_before_their_container_and_its_own_removed_before_it(
    sdk: docker.DockerClient, busybox_image: str
) -> None:
    since = time.time_ns()
    name = f"pausedemo-{uuid.uuid4().hex}"
    made = sdk.containers.create(busybox_image, "true", volumes=[f"{name}:/named", "/own"])
    other = sdk.containers.create(busybox_image, "true", volumes_from=[str(made.id)])
    (own,) = {one["Name"] for one in sdk.api.inspect_container(str(made.id))["Mounts"]} - {name}
    other.remove()
    made.remove(v=True)
    sdk.volumes.get(name).remove()
    told = [
        (kind, action, found["id"])
        for kind, action, found in find_events(sdk, since)
        if found["id"] in {name, own, made.id, other.id}
    ]
    first = {("volume", "create", name), ("volume", "create", own)}
    assert (set(told[:2]), told[2:]) == (
        first,
        [
            ("container", "create", made.id),
            ("container", "create", other.id),
            ("container", "destroy", other.id),
            ("volume", "destroy", own),
            ("container", "destroy", made.id),
            ("volume", "destroy", name),
        ],
    )


def test_a_restart_mounts_them_anew(client: Any, volume: Any, run: Run) -> None:
    container = run(volumes=[f"{volume.name}:/data"])
    since = time.time_ns()
    container.restart(timeout=0)
    container.kill()
    container.wait()
    actions = [action for action, _ in find_volume_events(client, since)]
    assert actions == ["unmount", "mount", "unmount"]


def test_a_start_that_fails_unmounts_what_it_has_mounted(
    client: Any, busybox: str, volume: Any
) -> None:
    container = client.containers.create(busybox, "/nowhere", volumes=[f"{volume.name}:/data"])
    since = time.time_ns()
    try:
        with pytest.raises(docker.errors.APIError):
            container.start()
    finally:
        container.remove()
    actions = [action for action, _ in find_volume_events(client, since)]
    assert actions == ["mount", "unmount"]

"""What is told of an image that is on the engine, or can be had without a registry."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pausedemo.images.resolve import ImageResolver, Policy
from pausedemo.kubelet.pod.single import bring_up
from tests.kubelet.whole.kit import World

#: No registry answers on this port.
REGISTRY = "localhost:9"


@pytest.fixture
def own(world: World) -> Iterator[str]:
    """An image without a tag that is on the engine and in no registry."""
    name = f"{REGISTRY}/own/image"
    busybox = ImageResolver(world.engine, Policy.LOCAL).resolve("busybox")
    world.engine.tag_image(busybox.id, name)
    try:
        yield name
    finally:
        world.close()
        for row in world.engine.list_containers({}):
            world.engine.remove_container(row.id)
        world.engine.remove_image(f"{name}:latest")


def tell(world: World, image: str, policy: Policy, pull: str = "") -> list[tuple[str, str]]:
    """Bring up a pod of that image; the events about the image."""
    written = f", imagePullPolicy: {pull}" if pull else ""
    pod = world.apply(f"""
        terminationGracePeriodSeconds: 0
        containers:
        - {{name: a, image: "{image}"{written}, command: [sleep, "3600"]}}
    """).pod
    told: list[tuple[str, str]] = []
    bring_up(
        world.engine,
        world.clock,
        pod,
        hear=lambda _pod, event: told.append((event.reason, event.message)),
        policy=policy,
    )
    return [(reason, text) for reason, text in told if reason in ("Pulling", "Pulled", "Failed")]


@pytest.mark.parametrize(
    ("policy", "but"),
    [(Policy.LOCAL, ""), (Policy.AUTO, " (no registry gave it)")],
)
def test_an_image_that_is_there_is_no_pull_when_none_was_made(
    world: World, own: str, policy: Policy, but: str
) -> None:
    present = f'Container image "{own}" already present on machine{but}'
    assert tell(world, own, policy) == [("Pulled", present)]


def test_a_pull_that_somebody_wrote_fails_where_no_registry_answers(world: World, own: str) -> None:
    told = tell(world, own, Policy.AUTO, "Always")
    assert told[0] == ("Pulling", f'Pulling image "{own}"')
    assert told[1][1].startswith(f'Failed to pull image "{own}": Error response from daemon: ')
    assert [reason for reason, _ in told] == ["Pulling", "Failed", "Failed"]


def test_what_stands_in_for_another_image_is_named(world: World) -> None:
    # It has no program to run in it, so that the container does not start.
    told = tell(world, "k8s.gcr.io/pause:3.2", Policy.LOCAL)[0]
    assert told[0] == "Pulled"
    assert told[1].startswith(
        'Container image "k8s.gcr.io/pause:3.2" already present on machine as pausedemo/pause:'
    )
    assert told[1].endswith(", which stands in for it")

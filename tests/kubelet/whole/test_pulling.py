"""What is told of an image that is on the engine, or can be had without a registry."""

from __future__ import annotations

import contextlib
import http.server
import threading
from collections.abc import Iterator
from typing import ClassVar

import pytest

from pausedemo.images.resolve import ImageResolver, Policy
from pausedemo.kubelet.pod.pulling import Pulling
from pausedemo.kubelet.pod.single import bring_up
from tests.kubelet.whole.kit import World

#: No registry answers on this port.
REGISTRY = "localhost:9"


@contextlib.contextmanager
def tagged(world: World, name: str) -> Iterator[str]:
    """An image without a tag that is on the engine under a name of ours."""
    busybox = ImageResolver(world.engine, Policy.LOCAL).resolve("busybox")
    world.engine.tag_image(busybox.id, name)
    try:
        yield name
    finally:
        world.close()
        for row in world.engine.list_containers({}):
            world.engine.remove_container(row.id)
        world.engine.remove_image(f"{name}:latest")


@pytest.fixture
def own(world: World) -> Iterator[str]:
    """An image that is on the engine and in no registry."""
    with tagged(world, f"{REGISTRY}/own/image") as name:
        yield name


class EmptyRegistry(http.server.BaseHTTPRequestHandler):
    """Has no image, and notes whenever it is asked for one."""

    asked: ClassVar[list[str]]

    def do_GET(self) -> None:
        if "/manifests/" in self.path:
            self.asked.append(self.path)
        self.send_response(404 if self.path != "/v2/" else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def registry() -> Iterator[tuple[str, list[str]]]:
    """Where a registry without images answers, and what it was asked for."""

    class Handler(EmptyRegistry):
        asked: ClassVar[list[str]] = []

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"127.0.0.1:{server.server_port}", Handler.asked
        finally:
            server.shutdown()


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


def test_a_registry_without_the_image_is_asked_again_after_a_while(
    world: World, registry: tuple[str, list[str]]
) -> None:
    place, asked = registry
    told: list[str] = []
    with tagged(world, f"{place}/own/image") as name:
        pulling = Pulling(world.engine, world.clock, lambda _, event: told.append(event.message))

        def count_asked() -> int:
            """How often it is asked when containers of two pods are started."""
            asked.clear()
            for pod in pods:
                assert pulling.provide(pod, pod.spec.containers[0])
            # An engine may ask in more than one way for one pull.
            return len(asked)

        pods = [world.apply(f"containers: [{{name: a, image: '{name}'}}]", who).pod for who in "xy"]
        one_pull = count_asked()
        assert one_pull > 0
        waited = []
        for seconds in (9, 2, 19, 2, 39, 2):
            world.clock.move(seconds)
            waited.append(count_asked())
        assert waited == [0, one_pull] * 3
    assert set(told) == {
        f'Container image "{name}" already present on machine (no registry gave it)'
    }

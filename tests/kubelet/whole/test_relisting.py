"""Everything is listed now and then: it mends what no event told of, and leaves the rest alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import cast

import pytest

from pausedemo.engine.port import Engine
from tests.kubelet.watched import Watched
from tests.kubelet.whole.kit import PATIENT, World
from tests.waiting import wait_until

POD = f"""
    terminationGracePeriodSeconds: 1
    containers:
    - {{name: a, image: busybox, command: [sh, -c, "{PATIENT}"]}}
"""
ROUNDS = 4

Watch = Callable[..., tuple[Watched, World]]


@pytest.fixture
def watch(world: World) -> Iterator[Watch]:
    """Another world on the same engine, which is watched."""
    with ExitStack() as made:

        def make(*, deaf: bool = False) -> tuple[Watched, World]:
            watched = Watched(world.engine, deaf=deaf)
            other = World(cast(Engine, watched))
            made.callback(other.close)
            return watched, other

        yield make


def test_what_no_event_told_of_is_mended(world: World, watch: Watch) -> None:
    world.apply(POD)
    _, deaf = watch(deaf=True)
    deaf.begin()
    world.wait_ready()
    first = world.kill("a")
    wait_until("it runs again", lambda: world.container("a").restart_count == 1)
    latest = world.status().latest("a")
    assert latest is not None
    assert latest.id != first
    world.kill("POD")
    wait_until("it has a new sandbox", lambda: (s := world.status().sandbox) and s.attempt == 1)


def test_pods_at_rest_are_listed_and_left_alone(world: World, watch: Watch) -> None:
    for name in ("one", "two"):
        world.apply(POD, name)
    watched, other = watch()
    other.begin()
    for name in ("one", "two"):
        world.wait_ready(name)

    def is_one_request_each_time() -> bool:
        before = watched.requests.copy()
        lists = before["list_containers"]
        wait_until(
            "all was listed a few times",
            lambda: watched.requests["list_containers"] >= lists + ROUNDS,
        )
        return watched.requests["inspect_container"] == before["inspect_container"]

    # What is told of the start may come a little later than its effect.
    wait_until("nobody is looked at closely", is_one_request_each_time)

"""Kubelets that are killed, two of them at once, and engines that go away under them."""

from __future__ import annotations

import contextlib
import random
import re
import signal
import time
from collections.abc import Iterator

import pytest

from pausedemo.core import naming
from pausedemo.core.pods.podreport import StateWaiting
from pausedemo.engine.connect import connect
from pausedemo.engine.daemon import Place, start_daemon, stop_daemon
from pausedemo.engine.port import Engine
from pausedemo.errors import EngineGone
from pausedemo.images.cache import ImageCache
from pausedemo.kubelet.service.lease import is_kubelet_running
from tests.conftest import make_resolve
from tests.kubelet.whole.kit import PATIENT, World
from tests.waiting import wait_until

TWO = f"""
    terminationGracePeriodSeconds: 1
    containers:
    - {{name: a, image: busybox, command: [sh, -c, "{PATIENT}"]}}
    - {{name: b, image: busybox, command: [sh, -c, "{PATIENT}"]}}
"""
CRASHING = """
    containers:
    - {name: a, image: busybox, command: [sh, -c, exit 1]}
"""
KILLS = 8
PAUSES = 50


def test_a_kubelet_killed_at_any_moment_is_followed_by_one_that_goes_on(world: World) -> None:
    chance = random.Random(1)  # noqa: S311 - moments, not secrets
    crashing = world.apply(CRASHING, "crashing").pod
    steady = world.apply(TWO, "steady").pod
    counts = [0]
    for _ in range(KILLS):
        process = world.spawn()
        assert process.stdout is not None
        assert process.stdout.readline().endswith(f"looking after the pods of {world.engine.url}\n")
        if world.status("steady").latest("a") is not None and chance.random() < 0.7:
            with contextlib.suppress(Exception):
                world.engine.kill_container(world.status("steady").sandboxes[0].id)
        time.sleep(chance.random())  # the moment of the kill, whatever is under way then
        process.kill()
        process.wait(60)
        latest = world.status("crashing").latest("a")
        counts.append(latest.restart_count if latest else 0)
    assert counts == sorted(counts)
    world.begin()
    wait_until("the steady one is ready", lambda: world.report("steady").ready)

    def waits() -> bool:
        state = world.container("a", "crashing").state
        return isinstance(state, StateWaiting) and state.reason == "CrashLoopBackOff"

    wait_until("the other waits for its back-off", waits)
    assert [world.get(name).pod for name in ("crashing", "steady")] == [crashing, steady]
    # It ran at once, at once again, and after 10 and 20 seconds within the time of the test;
    # a container that was made and never started, because of a kill, counts as well.
    found = world.container("a", "crashing")
    assert counts[-1] <= found.restart_count <= 2 + KILLS
    assert re.search(r"back-off ([124]0s|1m20s|2m40s) restarting", str(found.state))

    def has_garbage() -> bool:
        # Two that run and two dead ones, in as many sandboxes as these have belonged to.
        return len(world.engine.list_containers({naming.POD_UID: steady.uid})) > 7

    wait_until("what is of no more use is gone", lambda: not has_garbage())


def test_two_kubelets_do_no_harm_and_the_second_takes_over_at_once(world: World) -> None:
    first = world.spawn()
    assert first.stdout is not None
    assert "looking after" in first.stdout.readline()
    assert is_kubelet_running(world.engine)
    second = world.begin()
    wait_until("the second stands by", lambda: second.said)
    assert second.said == ["another kubelet looks after this engine; standing by"]
    world.apply(TWO)
    world.wait_ready()
    assert second.events == []
    sandboxes = world.status().sandboxes
    first.kill()
    killed = time.monotonic()
    wait_until("the second has taken over", lambda: len(second.said) == 2)
    assert second.said[-1].startswith("looking after the pods of ")
    assert time.monotonic() - killed < 10
    world.kill("POD")
    wait_until("it looks after it", lambda: (s := world.status().sandbox) and s.attempt == 1)
    world.wait_ready()
    assert world.status().sandboxes[-1].id == sandboxes[0].id
    second.stop()
    assert not is_kubelet_running(world.engine)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_kubelet_that_is_asked_to_end_leaves_its_pods_alive(
    world: World, number: signal.Signals
) -> None:
    process = world.spawn()
    assert process.stdout is not None
    assert "looking after" in process.stdout.readline()
    world.apply(TWO)
    before = world.wait_ready()
    process.send_signal(number)
    assert process.wait(60) == 0
    lines = process.stdout.read().splitlines()
    assert any(line.endswith("Started           Started container a") for line in lines), lines
    assert not is_kubelet_running(world.engine)
    assert world.report() == before


def test_a_lock_that_somebody_removes_is_taken_again(world: World) -> None:
    running = world.begin()
    wait_until("it has the lock", lambda: is_kubelet_running(world.engine))
    world.engine.remove_container(naming.KUBELET_LOCK)
    wait_until("it has it again", lambda: len(running.said) == 3)
    wait_until("it is there", lambda: is_kubelet_running(world.engine))
    assert running.said[1] == (
        "somebody removed the kubelet's lock from the engine; it is there again"
    )
    world.apply(TWO)
    world.wait_ready()


def test_a_pause_killed_again_and_again_during_starts_strands_nobody(world: World) -> None:
    chance = random.Random(2)  # noqa: S311 - moments, not secrets
    world.begin()
    pod = world.apply("shareProcessNamespace: true\n" + TWO.replace("\n    ", "\n")).pod
    killed = 0
    while killed < PAUSES:
        rows = world.engine.list_containers(
            {naming.POD_UID: pod.uid, naming.CONTAINER_TYPE: naming.TYPE_SANDBOX}
        )
        for row in rows:
            if row.state == "running":
                with contextlib.suppress(Exception):
                    world.engine.kill_container(row.id)
                    killed += 1
        # Back-offs grow; they are not what this is about.
        world.clock.move(301)
        time.sleep(chance.random() * 0.1)  # somewhere in the next start
    world.clock.move(301)
    world.wait_ready()
    status = world.status()
    assert status.sandbox is not None
    joined = {
        world.engine.inspect_container(one.id).network_mode
        for one in (status.latest("a"), status.latest("b"))
        if one is not None
    }
    assert joined == {f"container:{status.sandbox.id}"}
    assert world.get().pod == pod


@pytest.fixture
def own_world(own_place: Place, cache: ImageCache) -> Iterator[World]:
    """A Docker Engine of this test's own, that it may stop."""
    with contextlib.closing(connect(f"unix://{own_place.socket}")) as engine:
        resolve = make_resolve(engine, cache)
        for name in ("pause", "busybox"):
            resolve(name)
        world = World(engine)
        try:
            yield world
        finally:
            world.close()
            _remove_all(engine)


def _remove_all(engine: Engine) -> None:
    with contextlib.suppress(EngineGone):
        for row in engine.list_containers({}):
            engine.remove_container(row.id)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_engine_that_is_restarted_finds_its_pods_again(
    own_world: World, own_place: Place
) -> None:
    world = own_world
    running = world.begin()
    pod = world.apply(TWO).pod
    world.wait_ready()
    world.kill("a")
    wait_until("a is back", lambda: world.container("a").restart_count == 1)
    world.wait_ready()
    stop_daemon(own_place)
    wait_until("it has seen that", lambda: len(running.said) == 2)
    assert running.said[1].endswith("; waiting for it to come back")
    time.sleep(2)  # some of its tries
    assert len(running.said) == 2, "it says so once"
    start_daemon(own_place)
    wait_until("it goes on", lambda: len(running.said) == 4)
    assert running.said[2] == "the engine is back"
    world.clock.move(301)
    world.wait_ready()
    assert world.get().pod == pod
    assert world.container("a").restart_count == 2
    assert (sandbox := world.status().sandbox) is not None
    assert sandbox.attempt == 1
    running.stop()

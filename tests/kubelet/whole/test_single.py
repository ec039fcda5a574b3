"""One pod without a kubelet: brought up, looked after, taken down."""

from __future__ import annotations

import dataclasses
import threading

from pausedemo.core import naming
from pausedemo.core.pods.pod import Deletion
from pausedemo.core.pods.podevent import PodEvent
from pausedemo.core.pods.podreport import Phase, StateWaiting
from pausedemo.kubelet.pod.single import bring_up, run_one, tear_down
from tests.kubelet.whole.kit import PATIENT, World
from tests.waiting import wait_until

WITH_INIT = f"""
    terminationGracePeriodSeconds: 5
    initContainers:
    - {{name: i, image: busybox, command: [sh, -c, sleep 0.5]}}
    containers:
    - {{name: a, image: busybox, command: [sh, -c, "{PATIENT}"]}}
"""


def test_a_pod_is_brought_up_and_taken_down(world: World) -> None:
    pod = world.apply(WITH_INIT).pod
    told: list[PodEvent] = []
    report = bring_up(world.engine, world.clock, pod, hear=lambda _pod, event: told.append(event))
    assert (report.phase, report.ready) == (Phase.RUNNING, True)
    assert [event.message for event in told if event.reason == "Started"] == [
        "Started container i",
        "Started container a",
    ]
    assert {event.reason for event in world.events()} >= {"Pulled", "Created", "Started"}
    assert bring_up(world.engine, world.clock, pod).containers == report.containers
    tear_down(
        world.engine,
        world.clock,
        dataclasses.replace(pod, deletion=Deletion(world.clock.now(), 5)),
    )
    assert world.is_gone()
    assert world.engine.list_containers({}) == ()
    assert world.engine.list_volumes({naming.OWNER: None}) == ()


def test_bringing_up_ends_when_there_is_only_waiting_left(world: World) -> None:
    pod = world.apply("""
        containers:
        - {name: a, image: "localhost:9/no/such:1"}
    """).pod
    state = bring_up(world.engine, world.clock, pod).containers[0].state
    assert isinstance(state, StateWaiting)
    assert state.reason == "ErrImagePull"


def test_one_pod_is_looked_after_until_it_is_deleted(world: World) -> None:
    pod = world.apply(WITH_INIT).pod
    world.apply(WITH_INIT, "other")
    stop = threading.Event()
    thread = threading.Thread(target=run_one, args=(world.engine, world.clock, pod, stop))
    thread.start()
    try:
        world.wait_ready()
        world.kill("a")
        wait_until("a is back", lambda: world.container("a").restart_count == 1)
        world.wait_ready()
        assert world.status("other").sandboxes == ()
        world.delete(grace_s=5)
        wait_until("it is gone", world.is_gone)
        thread.join(60)
        assert not thread.is_alive()
    finally:
        stop.set()
        thread.join(60)

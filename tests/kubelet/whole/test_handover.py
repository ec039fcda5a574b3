"""A kubelet that comes while others look after pods, and others while a kubelet does."""

from __future__ import annotations

import threading

import pytest

from pausedemo.core.pods.pod import Pod
from pausedemo.errors import Conflict
from pausedemo.kubelet.objects.podleases import PodLeases
from pausedemo.kubelet.objects.store import Kind
from pausedemo.kubelet.owner import Life
from pausedemo.kubelet.pod.single import bring_up, run_one
from pausedemo.kubelet.service.handover import take_neglected
from pausedemo.kubelet.service.parts import make_parts
from pausedemo.kubelet.service.session import Session
from tests.kubelet.holders import make_holder
from tests.kubelet.whole.kit import PATIENT, World
from tests.waiting import wait_until

POD = f"""
    terminationGracePeriodSeconds: 1
    containers:
    - {{name: a, image: busybox, command: [sh, -c, "{PATIENT}"]}}
    - {{name: b, image: busybox, command: [sh, -c, "{PATIENT}"]}}
"""


def is_untouched(world: World, name: str = "web") -> bool:
    """Whether each container of the pod is still the first of its name."""
    status = world.status(name)
    first = all(one.restart_count == 0 for one in status.containers)
    return first and [one.attempt for one in status.sandboxes] == [0]


def lease_to(world: World, pod: Pod, life: Life) -> None:
    """Have another process have the lease on a pod."""
    data = {
        "uid": pod.uid,
        "holderIdentity": str(make_holder(life)),
        "renewTime": world.clock.now().isoformat(),
    }
    world.store.create(Kind.POD_LEASE, pod.namespace, pod.name, data)


def test_a_kubelet_leaves_a_pod_alone_that_is_under_a_lease(world: World) -> None:
    leases = PodLeases(world.store, world.clock)
    leased = world.apply(POD).pod
    assert leases.take(leased)
    world.apply(POD, "free")
    world.begin()
    world.wait_ready("free")
    # It has looked at all pods and listed all several times.
    assert world.status().sandboxes == ()
    leases.release(leased)
    world.wait_ready()
    assert is_untouched(world)


def test_what_somebody_has_brought_up_goes_on_under_the_kubelet(world: World) -> None:
    pod = world.apply(POD).pod
    with take_neglected(world.engine, world.clock, (pod,)) as ours:
        assert ours == (pod,)
        bring_up(world.engine, world.clock, pod)
        world.apply(POD, "other")
        world.begin()
        world.wait_ready("other")
        assert is_untouched(world)
    world.kill("a")
    wait_until("a is back", lambda: world.container("a").restart_count == 1)
    assert world.container("b").restart_count == 0


def test_a_pod_is_taken_over_from_who_has_ended(world: World) -> None:
    pod = world.apply(POD).pod
    lease_to(world, pod, Life.DEAD)
    world.begin()
    world.wait_ready()
    world.delete(grace_s=1)
    wait_until("it is gone", world.is_gone)
    assert world.store.list(Kind.POD_LEASE) == ()


def test_where_a_kubelet_runs_nobody_else_takes_a_pod(world: World) -> None:
    world.begin()
    world.apply(POD, "first")
    world.wait_ready("first")
    pod = world.apply(POD).pod
    with take_neglected(world.engine, world.clock, (pod,)) as ours:
        assert ours == ()
    world.wait_ready()
    assert world.store.list(Kind.POD_LEASE) == ()


def test_of_two_who_apply_a_pod_one_brings_it_up(world: World) -> None:
    pod = world.apply(POD).pod
    with take_neglected(world.engine, world.clock, (pod,)) as ours:
        # The other one, as it is to this machine another process.
        held = world.store.get(Kind.POD_LEASE, pod.namespace, pod.name)
        assert held is not None
        assert ours == (pod,)
        with take_neglected(world.engine, world.clock, (pod,)) as theirs:
            assert theirs == ()
        assert world.store.get(Kind.POD_LEASE, pod.namespace, pod.name) is not None
    assert world.store.list(Kind.POD_LEASE) == ()


@pytest.mark.parametrize("ahead_s", [0.0, 0.05, 0.15])
def test_a_kubelet_and_a_client_who_begin_at_once_do_not_meet(world: World, ahead_s: float) -> None:
    pods = [world.apply(POD, name).pod for name in ("one", "two")]

    def look_after(pod: Pod) -> None:
        with take_neglected(world.engine, world.clock, (pod,)) as ours:
            for one in ours:
                bring_up(world.engine, world.clock, one)

    clients = [threading.Thread(target=look_after, args=(pod,)) for pod in pods]
    world.begin()
    threading.Event().wait(ahead_s)
    for client in clients:
        client.start()
    for client in clients:
        client.join(60)
        assert not client.is_alive()
    for pod in pods:
        world.wait_ready(pod.name)
        assert is_untouched(world, pod.name)


def test_who_watches_a_pod_keeps_it_when_a_kubelet_comes(world: World) -> None:
    pod = world.apply(POD).pod
    stop = threading.Event()

    def watch() -> None:
        with take_neglected(world.engine, world.clock, (pod,)) as ours:
            assert ours == (pod,)
            run_one(world.engine, world.clock, pod, stop)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        world.wait_ready()
        running = world.begin()
        world.apply(POD, "other")
        world.wait_ready("other")
        world.kill("a")
        wait_until("a is back", lambda: world.container("a").restart_count == 1)
        world.wait_ready()
        assert not [event for of, event in running.events if of.uid == pod.uid]
    finally:
        stop.set()
        watcher.join(60)
    world.kill("b")
    wait_until("b is back", lambda: world.container("b").restart_count == 1)
    assert [event.reason for of, event in running.events if of.uid == pod.uid][-1] == "Started"


def test_who_watches_a_pod_ends_when_another_has_taken_it(world: World) -> None:
    pod = world.apply(POD).pod
    parts = make_parts(
        world.engine, world.clock, hear=lambda _pod, _event: None, wake=lambda _uid: None
    )
    parts.recorder.start()
    try:
        lease_to(world, pod, Life.ALIVE)
        with pytest.raises(Conflict, match="another looks after the pod now"):
            Session(parts, only=pod.uid, relist_s=0.3).run(threading.Event())
    finally:
        parts.close()

"""Leases on pods: who has one, until when, and what becomes of those of the dead."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest

from pausedemo.clock import SystemClock
from pausedemo.core import naming
from pausedemo.core.manifest import parse_pod
from pausedemo.core.pods.pod import Pod
from pausedemo.engine.docker import DockerEngine
from pausedemo.errors import Conflict
from pausedemo.kubelet.objects.podleases import DURATION_S, PodLease, PodLeases
from pausedemo.kubelet.objects.store import Kind, Store
from pausedemo.kubelet.owner import Life, Owner
from tests.kubelet.holders import make_holder

CLOCK = SystemClock()


@pytest.fixture
def pod(engine: DockerEngine) -> Iterator[Pod]:
    """One that nobody makes, in a namespace whose objects are gone after the test."""
    namespace = f"test-{uuid.uuid4().hex[:8]}"
    manifest = parse_pod(
        "apiVersion: v1\nkind: Pod\n"
        f"metadata: {{name: web, namespace: {namespace}}}\n"
        "spec: {containers: [{name: a, image: busybox}]}\n",
        "test.yaml",
    )
    yield Pod(manifest, str(uuid.uuid4()), CLOCK.now(), shares_pid=False)
    for volume in engine.list_volumes({naming.OBJECT_NAMESPACE: namespace}):
        engine.remove_volume(volume.name)


@pytest.fixture
def store(engine: DockerEngine) -> Store:
    return Store(engine)


@pytest.fixture
def leases(store: Store) -> PodLeases:
    return PodLeases(store, CLOCK)


def give(store: Store, pod: Pod, holder: Owner, age_s: float = 0, uid: str = "") -> None:
    """Have another process have taken it so long ago."""
    renewed = (CLOCK.now() - timedelta(seconds=age_s)).isoformat()
    data = {"uid": uid or pod.uid, "holderIdentity": str(holder), "renewTime": renewed}
    store.create(Kind.POD_LEASE, pod.namespace, pod.name, data)


def find(leases: PodLeases, pod: Pod) -> PodLease | None:
    return next((one for one in leases.list() if one.uid == pod.uid), None)


def test_one_is_taken_renewed_and_given_back(leases: PodLeases, pod: Pod) -> None:
    assert leases.take(pod)
    first = find(leases, pod)
    assert first is not None
    assert first.holder == Owner.this_process()
    assert first.lasts(CLOCK.now() + timedelta(seconds=2 * DURATION_S))
    leases.renew(pod)
    second = find(leases, pod)
    assert second is not None
    assert second.renewed_at > first.renewed_at
    leases.release(pod)
    assert find(leases, pod) is None
    leases.release(pod)
    leases.renew(pod)
    assert find(leases, pod) is None
    assert leases.take(pod)


@pytest.mark.parametrize(
    ("life", "age_s", "taken"),
    [
        (Life.ALIVE, 2 * DURATION_S, False),
        (Life.DEAD, 0, True),
        (Life.UNKNOWN, DURATION_S - 60, False),
        (Life.UNKNOWN, DURATION_S + 60, True),
    ],
)
def test_anothers_is_taken_only_when_it_has_ended(
    store: Store, leases: PodLeases, pod: Pod, life: Life, age_s: float, taken: bool
) -> None:
    other = make_holder(life)
    give(store, pod, other, age_s)
    assert leases.take(pod) is taken
    found = find(leases, pod)
    assert found is not None
    assert found.holder == (Owner.this_process() if taken else other)
    if not taken:
        with pytest.raises(Conflict, match="another looks after the pod now"):
            leases.renew(pod)
        leases.release(pod)
        assert find(leases, pod) == found


def test_one_on_a_pod_of_the_same_name_that_is_gone_hinders_nobody(
    store: Store, leases: PodLeases, pod: Pod
) -> None:
    give(store, pod, make_holder(Life.ALIVE), uid=str(uuid.uuid4()))
    assert leases.take(pod)


def test_of_many_at_once_one_takes_it(store: Store, pod: Pod) -> None:
    taken: list[bool] = []
    start = threading.Barrier(8)

    def take() -> None:
        mine = PodLeases(store, CLOCK)
        start.wait(60)
        taken.append(mine.take(pod))

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(taken) == [False] * 7 + [True]


def test_what_is_no_lease_is_none(store: Store, leases: PodLeases, pod: Pod) -> None:
    store.create(Kind.POD_LEASE, pod.namespace, pod.name, {"uid": pod.uid, "holderIdentity": "me"})
    assert find(leases, pod) is None

"""Keeping objects: what two do at once, and what is asked for twice."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from pausedemo.clock import SystemClock
from pausedemo.core.manifest import KubernetesObject, parse_objects
from pausedemo.core.pods.pod import LATEST_KUBERNETES
from pausedemo.engine.docker import DockerEngine
from pausedemo.errors import PausedemoError, Refused
from pausedemo.kubelet.objects.applying import Keeper
from pausedemo.kubelet.objects.reader import Reader
from pausedemo.kubelet.objects.store import Kind, Store
from pausedemo.kubelet.service.handover import end_pods

TEXT = """
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: NAMESPACE}
spec:
  terminationGracePeriodSeconds: 20
  containers: [{name: a, image: "busybox:1"}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: NAMESPACE}
data: {a: "1"}
immutable: true
"""


@pytest.fixture
def namespace(engine: DockerEngine) -> Iterator[str]:
    name = f"t-{uuid.uuid4().hex[:8]}"
    yield name
    store = Store(engine)
    for kind in Kind:
        for record in store.list(kind, name):
            store.delete(kind, name, record.name)


@pytest.fixture
def keeper(engine: DockerEngine) -> Keeper:
    return Keeper(Store(engine), SystemClock())


def read(namespace: str, *changes: tuple[str, str]) -> list[KubernetesObject]:
    text = TEXT.replace("NAMESPACE", namespace)
    for old, new in changes:
        text = text.replace(old, new)
    return parse_objects(text, "test.yaml")


def test_of_many_who_apply_at_once_one_creates(keeper: Keeper, namespace: str) -> None:
    pod, config_map = read(namespace)
    with ThreadPoolExecutor(4) as threads:
        for one in (pod, config_map):
            done = list(
                threads.map(lambda _, one=one: keeper.apply(one, LATEST_KUBERNETES), "1234")
            )
            assert sorted(str(applied.outcome) for applied in done) == [
                "created",
                "unchanged",
                "unchanged",
                "unchanged",
            ]
    assert len(keeper.pods.list(namespace)) == 1


def test_a_new_image_leaves_the_pod_the_same(keeper: Keeper, namespace: str) -> None:
    first = keeper.apply(read(namespace)[0], LATEST_KUBERNETES).pod
    (changed, _) = read(namespace, ("busybox:1", "busybox:2"))
    second = keeper.apply(changed, LATEST_KUBERNETES)
    assert (str(second), first is not None, second.pod is not None) == (
        "pod/web configured",
        True,
        True,
    )
    assert first is not None
    assert second.pod is not None
    assert (second.pod.pod.uid, second.pod.pod.created_at) == (first.pod.uid, first.pod.created_at)
    kept = keeper.pods.get(namespace, "web")
    assert kept is not None
    assert kept.pod.spec.containers[0].image == "busybox:2"


def test_what_is_immutable_is_refused_and_stays(keeper: Keeper, namespace: str) -> None:
    keeper.apply(read(namespace)[1], LATEST_KUBERNETES)
    with pytest.raises(Refused, match='The ConfigMap "settings" is invalid: data: Forbidden'):
        keeper.apply(read(namespace, ('a: "1"', 'a: "2"'))[1], LATEST_KUBERNETES)
    found = keeper.config_maps.find(namespace, "settings")
    assert found is not None
    assert found.data == {"a": "1"}


def test_a_grace_is_shortened_and_never_made_longer(keeper: Keeper, namespace: str) -> None:
    keeper.apply(read(namespace)[0], LATEST_KUBERNETES)
    graces = []
    for asked in (None, 25, 5, None):
        deletion = keeper.mark_deleted(namespace, "web", asked).pod.deletion
        assert deletion is not None
        graces.append(deletion.grace_s)
    assert graces == [20, 20, 5, 5]


def test_what_is_there_is_not_created_again(keeper: Keeper, namespace: str) -> None:
    for one in read(namespace):
        keeper.create(one, LATEST_KUBERNETES)
        with pytest.raises(Refused, match="already exists"):
            keeper.create(one, LATEST_KUBERNETES)
    keeper.delete_config("ConfigMap", namespace, "settings")
    with pytest.raises(Refused, match='configmaps "settings" not found'):
        keeper.delete_config("ConfigMap", namespace, "settings")


@pytest.mark.parametrize("kind", [Kind.POD, Kind.CONFIG_MAP, Kind.SECRET])
def test_a_record_that_cannot_be_read_hides_no_other(
    engine: DockerEngine, keeper: Keeper, namespace: str, kind: Kind
) -> None:
    for one in read(namespace):
        keeper.apply(one, LATEST_KUBERNETES)
    reader = Reader(engine, SystemClock())
    before = [one["metadata"]["name"] for one in reader.list(kind, namespace)]
    bad = {"manifest": {"kind": str(kind), "metadata": {"name": "bad", "namespace": "Bad_NS"}}}
    Store(engine).create(kind, namespace, "bad", bad)
    assert [one["metadata"]["name"] for one in reader.list(kind, namespace)] == before
    told = f"^cannot read {kind.lower()} {namespace}/bad, volume pausedemo_"
    with pytest.raises(PausedemoError, match=told):
        reader.get(kind, namespace, "bad")
    keeper.mark_deleted(namespace, "web", 0)
    end_pods(
        engine,
        SystemClock(),
        [one.pod.uid for one in keeper.pods.list(namespace)],
        wait=True,
        remaining_s=lambda: 30.0,
    )
    assert reader.list("Pod", namespace) == ()

"""Kubernetes objects that an engine keeps as volumes."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator

import pytest

from pausedemo.core import naming
from pausedemo.engine.docker import DockerEngine
from pausedemo.errors import Conflict
from pausedemo.kubelet.objects.store import Kind, Record, Store


@pytest.fixture
def namespace(engine: DockerEngine) -> Iterator[str]:
    """One whose objects are gone after the test."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    yield name
    for volume in engine.list_volumes({naming.OBJECT_NAMESPACE: name}):
        engine.remove_volume(volume.name)


@pytest.fixture
def store(engine: DockerEngine) -> Store:
    return Store(engine)


def count_volumes(engine: DockerEngine, namespace: str) -> int:
    return len(engine.list_volumes({naming.OBJECT_NAMESPACE: namespace}))


def test_an_object_is_read_as_it_was_written(store: Store, namespace: str) -> None:
    data = {"metadata": {"name": "web"}, "text": 'a "b" = \n\u00e9', "n": [1, None, 2.5]}
    made = store.create(Kind.POD, namespace, "web", data)
    assert made == Record(Kind.POD, namespace, "web", 0, data, made.origin)
    assert store.get(Kind.POD, namespace, "web") == made
    assert store.get(Kind.CONFIG_MAP, namespace, "web") is None
    assert store.list(Kind.POD, namespace) == (made,)
    assert made in store.list(Kind.POD)


def test_a_change_is_the_next_generation(
    engine: DockerEngine, store: Store, namespace: str
) -> None:
    first = store.create(Kind.POD, namespace, "web", {"n": 1})
    second = store.replace(first, {"n": 2})
    assert (second.generation, second.data) == (1, {"n": 2})
    assert store.list(Kind.POD, namespace) == (second,)
    assert count_volumes(engine, namespace) == 1
    store.delete(Kind.POD, namespace, "web")
    store.delete(Kind.POD, namespace, "web")
    assert count_volumes(engine, namespace) == 0


def test_a_name_is_taken_once(store: Store, namespace: str) -> None:
    store.create(Kind.SECRET, namespace, "key", {"n": 1})
    with pytest.raises(Conflict, match="cannot create secret key: already exists"):
        store.create(Kind.SECRET, namespace, "key", {"n": 2})
    store.create(Kind.CONFIG_MAP, namespace, "key", {"n": 3})


def test_who_was_slower_is_told(engine: DockerEngine, store: Store, namespace: str) -> None:
    first = store.create(Kind.POD, namespace, "web", {"n": 1})
    second = store.replace(first, {"n": 2})
    with pytest.raises(Conflict, match="cannot change pod web: another has"):
        store.replace(first, {"n": 3})
    third = store.replace(second, {"n": 4})
    with pytest.raises(Conflict):  # whose generation has been there, and is gone
        store.replace(first, {"n": 5})
    assert store.list(Kind.POD, namespace) == (third,)
    assert count_volumes(engine, namespace) == 1


def test_of_two_generations_that_a_cut_left_the_newer_counts(
    engine: DockerEngine, store: Store, namespace: str
) -> None:
    first = store.create(Kind.POD, namespace, "web", {"n": 1})
    name = naming.make_object_name(Kind.POD, namespace, "web", 0)
    labels = dict(engine.list_volumes({naming.OBJECT_NAMESPACE: namespace})[0].labels)
    second = store.replace(first, {"n": 2})
    engine.create_volume(name, labels)
    assert count_volumes(engine, namespace) == 2
    assert store.get(Kind.POD, namespace, "web") == second
    assert store.list(Kind.POD, namespace) == (second,)
    store.delete(Kind.POD, namespace, "web")
    assert count_volumes(engine, namespace) == 0


def test_long_names_are_kept_apart(store: Store, namespace: str) -> None:
    names = [f"{'a' * 63}." * 3 + "a" * 50 + end for end in ("b", "c")]
    for name in names:
        store.create(Kind.CONFIG_MAP, namespace, name, {"name": name})
    assert [one.name for one in store.list(Kind.CONFIG_MAP, namespace)] == names


def test_of_many_who_count_at_once_none_is_lost(store: Store, namespace: str) -> None:
    store.create(Kind.EVENT, namespace, "count", {"n": 0})
    lost: list[int] = []

    def count() -> None:
        for _ in range(10):
            for _attempt in range(500):
                now = store.get(Kind.EVENT, namespace, "count")
                if now is None:  # between two generations
                    continue
                try:
                    store.replace(now, {"n": now.data["n"] + 1})
                except Conflict:
                    continue
                break
            else:
                lost.append(1)

    threads = [threading.Thread(target=count) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    last = store.get(Kind.EVENT, namespace, "count")
    assert last is not None
    assert (last.data["n"], lost) == (30, [])


def test_volumes_of_others_are_none_of_ours(
    engine: DockerEngine, store: Store, namespace: str
) -> None:
    labels = {
        naming.OBJECT_NAMESPACE: namespace,
        naming.OBJECT_KIND: "Pod",
        naming.OWNER: naming.ENGINE_OWNER,
    }
    engine.create_volume(f"{namespace}-1", labels)
    engine.create_volume(f"{namespace}-2", {**labels, naming.OBJECT: "[]"})
    engine.create_volume(f"{namespace}-3", {**labels, naming.OBJECT: "{"})
    assert store.list(Kind.POD, namespace) == ()

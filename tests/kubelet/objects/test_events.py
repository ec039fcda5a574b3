"""Events that the engine keeps."""

from __future__ import annotations

import dataclasses
import threading
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from pausedemo.core import naming
from pausedemo.core.pods.pod import Pod
from pausedemo.core.pods.podevent import PodEvent
from pausedemo.engine.docker import DockerEngine
from pausedemo.kubelet.objects.events import EventRecorder, list_events
from pausedemo.kubelet.objects.store import Kind, Record, Store
from tests.core.podkit import make_pod
from tests.kubelet.kit import MovedClock
from tests.waiting import wait_until


@pytest.fixture
def pod(engine: DockerEngine) -> Iterator[Pod]:
    """A pod of a namespace of its own, whose objects are gone after the test."""
    made = make_pod("a")
    namespace = f"test-{uuid.uuid4().hex[:8]}"
    metadata = made.manifest.metadata.model_copy(update={"namespace": namespace})
    manifest = made.manifest.model_copy(update={"metadata": metadata})
    yield dataclasses.replace(made, manifest=manifest, uid=str(uuid.uuid4()))
    for volume in engine.list_volumes({naming.OBJECT_NAMESPACE: namespace}):
        engine.remove_volume(volume.name)


def tell(recorder: EventRecorder, clock: MovedClock, pod: Pod, *messages: str) -> None:
    for message in messages:
        recorder.tell(pod, PodEvent("Normal", "Pulled", message, clock.now(), "a"))


def test_events_are_written_counted_and_removed_with_their_pod(
    engine: DockerEngine, pod: Pod
) -> None:
    store, clock = Store(engine), MovedClock()
    recorder = EventRecorder(store, clock)
    recorder.start()
    tell(recorder, clock, pod, "x", "y", "x")

    def kept() -> list[tuple[str, int]]:
        events = list_events(store, clock, pod.namespace)
        return [(event.message, event.count) for event in events]

    wait_until("they are there", lambda: kept() == [("y", 1), ("x", 2)])
    assert len(store.list(Kind.EVENT, pod.namespace)) == 1
    recorder.close()
    second = EventRecorder(store, clock)
    second.start()
    tell(second, clock, pod, "y")
    second.close()
    assert kept() == [("x", 2), ("y", 2)]
    clock.move(3601)
    assert kept() == []
    third = EventRecorder(store, clock)
    third.forget(dataclasses.replace(pod, uid="another"))
    assert len(store.list(Kind.EVENT, pod.namespace)) == 1
    third.forget(pod)
    assert store.list(Kind.EVENT, pod.namespace) == ()


def test_what_is_told_last_is_written_at_the_end(engine: DockerEngine, pod: Pod) -> None:
    store, clock = Store(engine), MovedClock()
    recorder = EventRecorder(store, clock)
    recorder.start()
    tell(recorder, clock, pod, "last")
    recorder.close()
    assert [event.message for event in list_events(store, clock, pod.namespace)] == ["last"]


class SlowStore(Store):
    """Its first object takes until ``go_on``."""

    def __init__(self, engine: DockerEngine) -> None:
        super().__init__(engine)
        self.has_begun, self.go_on = threading.Event(), threading.Event()

    def create(self, kind: Kind, namespace: str, name: str, data: Mapping[str, Any]) -> Record:
        made = super().create(kind, namespace, name, data)
        self.has_begun.set()
        assert self.go_on.wait(60)
        return made


def test_what_is_told_while_something_is_written_is_written_at_the_end(
    engine: DockerEngine, pod: Pod
) -> None:
    store, clock = SlowStore(engine), MovedClock()
    recorder = EventRecorder(store, clock)
    recorder.start()
    tell(recorder, clock, pod, "first")
    assert store.has_begun.wait(60)
    tell(recorder, clock, pod, "second")
    closing = threading.Thread(target=recorder.close)
    closing.start()
    wait_until("it closes", recorder._closing.is_set)
    store.go_on.set()
    closing.join(60)
    kept = {event.message for event in list_events(store, clock, pod.namespace)}
    assert kept == {"first", "second"}


def test_events_that_somebody_removed_are_written_anew(engine: DockerEngine, pod: Pod) -> None:
    store, clock = Store(engine), MovedClock()
    recorder = EventRecorder(store, clock)
    recorder.start()

    def kept() -> set[str]:
        return {event.message for event in list_events(store, clock, pod.namespace)}

    tell(recorder, clock, pod, "before")
    wait_until("it is there", lambda: kept() == {"before"})
    for volume in engine.list_volumes({naming.OBJECT_NAMESPACE: pod.namespace}):
        engine.remove_volume(volume.name)
    tell(recorder, clock, pod, "after")
    recorder.close()
    assert kept() == {"before", "after"}


def test_a_record_of_another_making_is_no_event(engine: DockerEngine, pod: Pod) -> None:
    store, clock = Store(engine), MovedClock()
    store.create(Kind.EVENT, pod.namespace, "odd", {"events": [{"name": "x"}, 3, {}]})
    assert list_events(store, clock, pod.namespace) == ()

"""Events that repeat, that are alike, and that are too many."""

from __future__ import annotations

from pausedemo.core.pods.podevent import PodEvent, RecordedEvent, render_event
from pausedemo.core.rules.correlation import BURST, EventCorrelator
from tests.core.podkit import UID, at, make_pod

POD = make_pod("a", init=("i",))


def event(
    message: str, second: float = 0, *, reason: str = "Pulled", container: str = "a"
) -> PodEvent:
    return PodEvent("Normal", reason, message, at(second), container)


def told(correlator: EventCorrelator, now_s: float = 0) -> list[tuple[str, int, str]]:
    return [(one.message, one.count, one.field_path) for one in correlator.kept(UID, at(now_s))]


def test_the_same_event_is_counted_and_another_is_not() -> None:
    correlator = EventCorrelator()
    for second, one in enumerate([event("x", 0), event("y", 1), event("x", 2)]):
        assert correlator.correlate(POD, one), second
    kept = correlator.kept(UID, at(2))
    assert [(e.message, e.count, e.first_time, e.last_time) for e in kept] == [
        ("y", 1, at(1), at(1)),
        ("x", 2, at(0), at(2)),
    ]


def test_the_container_it_is_about_tells_events_apart() -> None:
    correlator = EventCorrelator()
    for container in ("a", "i", "", "a"):
        correlator.correlate(POD, event("x", container=container))
    assert sorted(told(correlator)) == [
        ("x", 1, ""),
        ("x", 1, "spec.initContainers{i}"),
        ("x", 2, "spec.containers{a}"),
    ]


def test_ten_alike_become_one() -> None:
    correlator = EventCorrelator()
    for number in range(12):
        correlator.correlate(POD, event(f"{number}", number))
    assert told(correlator, 12)[-1] == (
        "(combined from similar events): 11",
        3,
        "spec.containers{a}",
    )
    assert len(told(correlator, 12)) == 10
    correlator.correlate(POD, event("late", 12 + 601))
    assert told(correlator, 613)[-1] == ("late", 1, "spec.containers{a}")


def test_more_than_a_burst_is_left_out_until_there_is_room_again() -> None:
    correlator = EventCorrelator()
    kept = [correlator.correlate(POD, event("x")) for _ in range(BURST + 5)]
    assert kept == [True] * BURST + [False] * 5
    assert told(correlator) == [("x", BURST, "spec.containers{a}")]
    assert not correlator.correlate(POD, event("x", 299))
    assert correlator.correlate(POD, event("x", 301))
    # Those that were left out have been counted all the same.
    assert told(correlator, 301) == [("x", BURST + 7, "spec.containers{a}")]


def test_pods_do_not_share_a_burst() -> None:
    correlator = EventCorrelator()
    for _ in range(BURST + 1):
        correlator.correlate(POD, event("x"))
    other = make_pod("a")
    assert correlator.correlate(
        type(other)(other.manifest, "other", other.created_at, False), event("x")
    )


def test_what_is_older_than_an_hour_goes() -> None:
    correlator = EventCorrelator()
    correlator.correlate(POD, event("old"))
    correlator.correlate(POD, event("new", 3000))
    assert [message for message, _, _ in told(correlator, 3601)] == ["new"]
    correlator.correlate(POD, event("old", 3700))
    assert told(correlator, 3700)[-1] == ("old", 1, "spec.containers{a}")


def test_another_goes_on_counting() -> None:
    first = EventCorrelator()
    for number in range(12):
        first.correlate(POD, event(f"{number}", number))
        first.correlate(POD, event("same", number, reason="Started"))
    kept = [RecordedEvent.from_json(one.to_json()) for one in first.kept(UID, at(12))]
    assert kept == list(first.kept(UID, at(12)))
    second = EventCorrelator()
    second.restore(kept)
    second.correlate(POD, event("same", 20, reason="Started"))
    assert ("same", 13, "spec.containers{a}") in told(second, 20)
    second.forget(UID)
    assert told(second) == []


def test_an_event_as_kubernetes_keeps_it() -> None:
    correlator = EventCorrelator()
    correlator.correlate(POD, event("x", 0.5))
    correlator.correlate(POD, event("x", 60))
    (kept,) = correlator.kept(UID, at(60))
    assert render_event(kept) == {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "name": kept.name,
            "namespace": "default",
            "creationTimestamp": "2024-05-01T12:00:00Z",
        },
        "involvedObject": {
            "apiVersion": "v1",
            "kind": "Pod",
            "namespace": "default",
            "name": "web",
            "uid": UID,
            "fieldPath": "spec.containers{a}",
        },
        "reason": "Pulled",
        "message": "x",
        "type": "Normal",
        "source": {"component": "kubelet"},
        "firstTimestamp": "2024-05-01T12:00:00Z",
        "lastTimestamp": "2024-05-01T12:01:00Z",
        "count": 2,
    }
    assert kept.name.startswith("web.")

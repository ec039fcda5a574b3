"""The engine and the clock that note when they were waited for."""

from __future__ import annotations

import threading
from typing import Any, cast

import pytest

from benchmarks.watched import Intervals, WatchedClock, WatchedEngine
from pausedemo.clock import SystemClock
from pausedemo.engine.port import Engine


class TwoAnswers:
    """As much of an engine as this needs: a request that is answered and one that is refused."""

    url = "unix:///none"

    def list_containers(self, labels):
        return (labels,)

    def inspect_container(self, container):
        raise KeyError(container)

    def events(self, labels):
        return iter(labels)


def watch(noted: Intervals) -> Any:
    return WatchedEngine(cast(Engine, TwoAnswers()), noted)


def test_a_request_is_noted_and_answered():
    noted: Intervals = []
    engine = watch(noted)
    assert engine.list_containers({"a": "b"}) == ({"a": "b"},)
    [(began, ended)] = noted
    assert 0 < began <= ended <= SystemClock().monotonic()


def test_a_refused_request_is_noted_too():
    noted: Intervals = []
    with pytest.raises(KeyError):
        watch(noted).inspect_container("x")
    assert len(noted) == 1


def test_listening_to_events_is_not_waiting():
    noted: Intervals = []
    engine = watch(noted)
    assert list(engine.events(["die"])) == ["die"]
    assert engine.url == "unix:///none"
    assert noted == []


def test_only_the_scenario_keeps_somebody_waiting(monkeypatch):
    monkeypatch.setattr(WatchedClock, "noted", [])
    happened = threading.Event()
    happened.set()
    kubelet = threading.Thread(target=WatchedClock().wait, args=(happened, 1.0))
    kubelet.start()
    kubelet.join()
    assert WatchedClock.noted == []
    assert WatchedClock().wait(happened, 1.0)
    assert len(WatchedClock.noted) == 1

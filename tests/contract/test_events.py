"""The engine's events: a container's life in order, and how the stream of them ends."""

from __future__ import annotations

import gc
import queue
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from pausedemo.engine.connect import connect
from pausedemo.engine.daemon import Place, find_daemon
from pausedemo.engine.port import ContainerConfig, Engine, Event, EventStream
from pausedemo.engine.remains import end_processes_of
from pausedemo.errors import EngineGone
from tests.contract.conftest import LABEL, Maker
from tests.waiting import DEADLINE_S, wait_until


class Heard:
    """What a thread heard from a stream until it ended, and what ended it."""

    def __init__(self, stream: EventStream) -> None:
        self.events: queue.Queue[Event] = queue.Queue()
        self.error: BaseException | None = None
        self.stream = stream
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        try:
            for event in self.stream:
                self.events.put(event)
        except BaseException as error:  # noqa: BLE001 - looked at by the test
            self.error = error

    def next(self) -> Event:
        return self.events.get(timeout=DEADLINE_S)

    def wait_for_end(self) -> None:
        self._thread.join(DEADLINE_S)
        assert not self._thread.is_alive(), "the stream did not end"


@contextmanager
def listen(engine: Engine, labels: dict[str, str | None]) -> Iterator[Heard]:
    with engine.events(labels) as stream:
        yield Heard(stream)


def test_a_life_is_told_in_order(make: Maker) -> None:
    with listen(make.engine, {LABEL: make.id}) as heard:
        container = make.run("sh", "-c", "exit 3")
        events = [heard.next() for _ in range(3)]
        make.engine.remove_container(container)
        events.append(heard.next())
    assert [event.action for event in events] == ["create", "start", "die", "destroy"]
    assert {event.container_id for event in events} == {container}
    assert events[2].attributes["exitCode"] == "3"
    assert all(event.attributes[LABEL] == make.id for event in events)
    assert [event.time for event in events] == sorted(event.time for event in events)
    heard.wait_for_end()
    assert heard.error is None


def test_a_removal_kills_and_does_not_ask(make: Maker) -> None:
    with listen(make.engine, {LABEL: make.id}) as heard:
        script = "trap 'exit 7' TERM; echo ready; while :; do sleep 0.1; done"
        container = make.run("sh", "-c", script)
        wait_until("the trap is set", lambda: make.engine.read_logs(container)[0] == b"ready\n")
        make.engine.remove_container(container)
        end = next(event for event in iter(heard.next, None) if event.action == "die")
    assert end.attributes["exitCode"] == "137"


def test_only_what_bears_all_labels_is_heard(make: Maker) -> None:
    with listen(make.engine, {LABEL: make.id, "colour": None}) as heard:
        make.create()
        coloured = make.create(labels={**make.labels, "colour": "red"})
        assert heard.next().container_id == coloured
        assert heard.events.empty()


def test_what_was_before_is_not_heard(make: Maker) -> None:
    make.create()
    with listen(make.engine, {LABEL: make.id}) as heard:
        later = make.create()
        assert heard.next().container_id == later


def test_a_stream_that_is_closed_from_another_thread_ends(make: Maker) -> None:
    with listen(make.engine, {LABEL: make.id}) as heard:
        make.create()
        heard.next()
        # The listener waits for the engine now; this thread closes.
        heard.stream.close()
        heard.wait_for_end()
        assert heard.error is None
        heard.stream.close()


def test_a_stream_that_is_closed_before_it_said_anything_ends(make: Maker) -> None:
    with listen(make.engine, {LABEL: "nobody"}) as heard:
        heard.stream.close()
        heard.wait_for_end()
        assert heard.error is None


def test_several_listeners_hear_the_same(make: Maker) -> None:
    with (
        listen(make.engine, {LABEL: make.id}) as first,
        listen(make.engine, {LABEL: make.id}) as second,
    ):
        make.create()
        assert first.next() == second.next()


# The SDK leaves a socket that could not connect to the garbage collector, which says so.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_engine_that_is_killed_ends_the_stream_with_engine_gone(own_place: Place) -> None:
    with closing(connect(own_place.endpoint.url)) as engine:
        with listen(engine, {}) as heard:
            end_processes_of(own_place.exec_root)
            heard.wait_for_end()
            assert isinstance(heard.error, EngineGone)
        wait_until("it is gone", lambda: find_daemon(own_place) is None)
        for ask in (
            engine.describe,
            lambda: engine.list_containers({}),
            lambda: engine.inspect_container("x"),
            lambda: engine.create_container(ContainerConfig(name="x", image="y")),
            lambda: engine.exec("x", ["true"], timeout_s=5),
            lambda: engine.find_image("x"),
        ):
            with pytest.raises(EngineGone, match=own_place.endpoint.url):
                ask()
    gc.collect()

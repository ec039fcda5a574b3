"""Events: who hears what, from when to when, and what becomes of who does not listen."""

from __future__ import annotations

import asyncio
import time

import pytest

from pausedemo.embedded.events import BACKLOG, REMEMBERED, EventBus, matches

ID = "ab" + "0" * 62
FAR_NS = 10**20


def publish(bus: EventBus, action: str, kind: str = "container", **attributes: str) -> None:
    bus.publish(kind, action, ID, {"image": "busybox:1", "name": "web", **attributes})


async def hear(bus, queue, *, filters=None, since=None, until=None):
    """All actions up to the end of what there is to hear."""
    heard = []
    async for record in bus.listen(queue, filters or {}, since, until):
        heard.append(record["Action"])
    return heard


def test_an_event_has_the_shape_that_docker_s_clients_read():
    bus = EventBus()
    before = time.time_ns()
    publish(bus, "start", label="x")
    (record,) = bus.subscribe().past
    moment = record.pop("timeNano")
    assert before <= moment <= time.time_ns()
    attributes = {"image": "busybox:1", "name": "web", "label": "x"}
    assert record == {
        "status": "start",
        "id": ID,
        "from": "busybox:1",
        "Type": "container",
        "Action": "start",
        "Actor": {"ID": ID, "Attributes": attributes},
        "scope": "local",
        "time": moment // 10**9,
    }
    publish(bus, "create", "network")
    assert "status" not in bus.subscribe().past[-1]


def test_without_since_only_what_comes_is_heard():
    async def test():
        bus = EventBus()
        publish(bus, "old")
        queue = bus.subscribe()
        publish(bus, "new")
        bus.close()
        assert await hear(bus, queue) == ["new"]

    asyncio.run(test())


def test_with_since_the_past_is_heard_first_and_nothing_twice():
    async def test():
        bus = EventBus()
        publish(bus, "first")
        border = time.time_ns()
        publish(bus, "second")
        queue = bus.subscribe()
        publish(bus, "third")  # before anybody asks: it is in the past and in the queue
        bus.close()
        assert await hear(bus, queue, since=border) == ["second", "third"]

    asyncio.run(test())


def test_with_until_in_the_past_it_ends_with_what_is_remembered():
    async def test():
        bus = EventBus()
        publish(bus, "first")
        border = time.time_ns()
        while time.time_ns() == border:
            pass
        publish(bus, "second")
        assert await hear(bus, bus.subscribe(), since=0, until=border) == ["first"]

    asyncio.run(test())


def test_with_until_in_the_future_it_ends_by_itself():
    async def test():
        bus = EventBus()
        queue = bus.subscribe()
        publish(bus, "now")
        assert await hear(bus, queue, until=time.time_ns() + 50_000_000) == ["now"]

    asyncio.run(test())


def test_no_more_is_remembered_than_docker_remembers():
    async def test():
        bus = EventBus()
        for number in range(REMEMBERED + 5):
            publish(bus, str(number))
        queue = bus.subscribe()
        bus.close()
        heard = await hear(bus, queue, since=0)
        assert heard == [str(number) for number in range(5, REMEMBERED + 5)]

    asyncio.run(test())


def test_who_does_not_listen_is_let_go_and_holds_nobody():
    async def test():
        bus = EventBus()
        slow, quick = bus.subscribe(), bus.subscribe()
        for number in range(BACKLOG + 10):
            publish(bus, str(number))
            await quick.get()
        assert await hear(bus, slow) == [str(number) for number in range(BACKLOG)]
        publish(bus, "later")
        heard = await quick.get()
        assert heard is not None
        assert heard["Action"] == "later"
        assert slow.empty()
        bus.unsubscribe(slow)  # a second time does no harm

    asyncio.run(test())


def test_who_has_left_hears_no_more():
    bus = EventBus()
    queue = bus.subscribe()
    bus.unsubscribe(queue)
    publish(bus, "start")
    assert queue.empty()


CONTAINER = {
    "Type": "container",
    "Action": "exec_create: ls",
    "Actor": {"ID": ID, "Attributes": {"name": "web", "image": "reg:5000/busybox:1", "k": "v"}},
}
IMAGE = {
    "Type": "image",
    "Action": "tag",
    "Actor": {"ID": "sha256:" + "c" * 64, "Attributes": {"name": "busybox:1"}},
}
NETWORK = {
    "Type": "network",
    "Action": "connect",
    "Actor": {"ID": "f" * 64, "Attributes": {"name": "net", "container": ID}},
}


@pytest.mark.parametrize(
    ("record", "filters", "passes"),
    [
        (CONTAINER, {}, True),
        (CONTAINER, {"event": ("exec_create",)}, True),
        (CONTAINER, {"event": ("exec_create: ls",)}, True),
        (CONTAINER, {"event": ("exec",)}, False),
        (CONTAINER, {"event": ("start", "exec_create")}, True),
        (CONTAINER, {"type": ("container",)}, True),
        (CONTAINER, {"type": ("image", "network")}, False),
        (CONTAINER, {"container": ("web",)}, True),
        (CONTAINER, {"container": (ID,)}, True),
        (CONTAINER, {"container": ("ab0",)}, True),
        (CONTAINER, {"container": ("we",)}, False),
        (CONTAINER, {"image": ("reg:5000/busybox",)}, True),
        (CONTAINER, {"image": ("reg:5000/busybox:1",)}, True),
        (CONTAINER, {"image": ("busybox",)}, False),
        (CONTAINER, {"label": ("k",)}, True),
        (CONTAINER, {"label": ("k=v", "k=w")}, False),
        (CONTAINER, {"event": ("exec_create",), "container": ("other",)}, False),
        (CONTAINER, {"scope": ("local",)}, True),
        (CONTAINER, {"scope": ("swarm",)}, False),
        (IMAGE, {"image": ("busybox",)}, True),
        (IMAGE, {"image": ("sha256:" + "c" * 64,)}, True),
        (IMAGE, {"container": ("busybox:1",)}, False),
        (NETWORK, {"network": ("net",)}, True),
        (NETWORK, {"network": ("ff",)}, True),
        (NETWORK, {"volume": ("net",)}, False),
        (NETWORK, {"container": (ID,)}, False),
    ],
)
def test_filters_choose_events_as_dockerd_does(record, filters, passes):
    assert matches(record, filters) is passes

"""The controller's loop: driven by events, mended by the resync, and never busy."""

from __future__ import annotations

from functools import partial
from typing import cast

import pytest

from pausedemo.core.pods.podview import PodView
from pausedemo.core.pods.status import RunState
from pausedemo.engine.port import Engine
from pausedemo.kubelet.pod.background import BackgroundController
from pausedemo.kubelet.pod.controller import PodImages
from tests.kubelet.kit import Kit, Kits, Running
from tests.kubelet.watched import Watched
from tests.waiting import wait_until

#: So long that only an event can be what woke it.
NEVER_S = 3600.0
CRASHING = """
    containers:
    - {name: web, image: busybox, command: ["false"]}
"""


def wait_until_running(kit: Kit, *names: str) -> None:
    def look() -> bool:
        status = kit.status()
        latest = [status.latest(name) for name in names]
        return all(one is not None and one.state is RunState.RUNNING for one in latest)

    wait_until(f"{', '.join(names)} run", look)


def test_events_drive_it(kits: Kits) -> None:
    kit = kits.make()
    with Running(kit, NEVER_S):
        wait_until_running(kit, "a", "b")
        kit.kill("a")
        wait_until("a is new", lambda: kit.latest("a").restart_count == 1)
        kit.kill("POD")
        wait_until("the sandbox is new", lambda: (s := kit.status().sandbox) and s.attempt == 1)
        wait_until_running(kit, "a", "b")
    assert kit.names() == ["POD_0", "POD_1", "a_1", "a_2", "b_0", "b_1"]


def test_lost_events_are_mended_by_the_resync(kits: Kits) -> None:
    watched = Watched(kits.engine, deaf=True)
    kit = kits.make(engine=cast(Engine, watched))
    with Running(kit, resync_s=0.2):
        wait_until_running(kit, "a", "b")
        kit.kill("POD")
        wait_until("the sandbox is new", lambda: (s := kit.status().sandbox) and s.attempt == 1)
        wait_until_running(kit, "a", "b")


def test_a_back_off_that_is_over_wakes_it_without_an_event(kits: Kits) -> None:
    kit = kits.make(CRASHING)
    with Running(kit, resync_s=0.2):
        wait_until("it waits", lambda: "BackOff" in kit.reasons())
        assert kit.latest("web").restart_count == 1
        kit.clock.move(10)
        wait_until("it is tried again", lambda: kit.latest("web").restart_count == 2)


def test_while_a_container_waits_the_engine_is_left_in_peace(kits: Kits) -> None:
    watched = Watched(kits.engine)
    kit = kits.make(CRASHING, engine=cast(Engine, watched))
    with Running(kit, NEVER_S) as running:
        wait_until("it waits", lambda: "BackOff" in kit.reasons())

        def looks_and_tells_once() -> bool:
            told, looked = len(kit.events), watched.requests["list_containers"]
            running.wake.set()
            wait_until("it looked", lambda: len(kit.events) > told)
            looks = watched.requests["list_containers"] - looked
            return looks <= 2 and len(kit.events) - told == 1

        # What the engine has to tell of the last end may still wake it too, but not for ever.
        wait_until("each time it is woken it looks once, and tells once", looks_and_tells_once)


def test_an_image_that_is_missing_is_told_and_tried_again_at_a_bounded_rate(kits: Kits) -> None:
    watched = Watched(kits.engine)
    images = PodImages(kits.images.pause, {"busybox": "pausedemo/no-such-image:1"})
    kit = kits.make(engine=cast(Engine, watched), images=images)
    with Running(kit, resync_s=0.2):
        for count in (2, 4, 6):
            wait_until("both were told", partial(kit.has_told, "Failed", count))
            kit.clock.move(10 * 2**count)
    message = next(message for reason, message in kit.told if reason == "Failed")
    assert message.startswith("Error: Error response from daemon: ")
    assert "no-such-image" in message
    assert watched.requests["create_container"] <= 2 * 4 + 2
    assert {event.container for event in kit.events if event.reason == "Failed"} == {"a", "b"}
    assert kit.waiting("a").reason == "CreateContainerError"


def test_an_image_that_comes_later_mends_it(kits: Kits, busybox_image: str) -> None:
    reference = f"pausedemo-kubelet-test/late:{kits.make().pod.uid}"
    kit = kits.make(images=PodImages(kits.images.pause, {"busybox": reference}))
    kits.made.callback(kits.engine.remove_image, reference)
    with Running(kit, resync_s=0.2):
        wait_until("it failed", lambda: kit.reasons().count("Failed") == 2)
        kits.engine.tag_image(busybox_image, reference)
        kit.clock.move(10)
        wait_until_running(kit, "a", "b")
    assert kit.controller.view == PodView()
    # Its containers before the image that they use.
    for row in kit.rows():
        kit.engine.remove_container(row.id)


@pytest.mark.parametrize("busy", [False, True], ids=["at rest", "at work"])
def test_a_background_controller_stops_and_does_nothing_more(kits: Kits, busy: bool) -> None:
    kit = kits.make()
    background = BackgroundController(kit.controller)
    background.start()
    if busy:
        wait_until("it began", lambda: kit.rows())
    else:
        wait_until_running(kit, "a", "b")
        wait_until("it told all", lambda: kit.reasons().count("Started") == 2)
    background.stop()
    assert not background._thread.is_alive()
    assert background.failure is None
    names = kit.names()
    assert all(row.state != "created" for row in kit.rows()), "it left something half done"
    if not busy:
        kit.kill("a")
        told = len(kit.events)
        assert kit.names() == names
        assert len(kit.events) == told

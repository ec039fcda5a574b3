"""Waiting for a container's end: no end is missed, however late the loop comes to it."""

from __future__ import annotations

from typing import Any, cast

import pytest

from pausedemo.embedded.containers.life import Lives


@pytest.mark.parametrize("what", ["ended", "removed"])
def test_who_waits_does_so_from_the_call_on(node, add, what):
    lives = Lives(node, cast(Any, None))  # waiting makes nothing
    web = add("web")
    waiting = lives.wait_end(web) if what == "ended" else lives.wait_removed(web)
    getattr(web, what).set_result(3)  # before the loop has run at all
    setattr(web, what, None)
    assert node.loop.run_until_complete(waiting) == 3


def test_who_gives_up_waiting_leaves_the_others_waiting(node, add):
    lives = Lives(node, cast(Any, None))
    web = add("web")
    leaving, staying = lives.wait_end(web), lives.wait_end(web)
    leaving.cancel()
    assert web.ended is not None
    web.ended.set_result(3)
    assert node.loop.run_until_complete(staying) == 3

"""Waiting for a container's end: no end is missed, however late the loop comes to it."""

from __future__ import annotations

import pytest

from pausedemo.embedded.containers.waiting import wait_end, wait_removed


@pytest.mark.parametrize("what", ["ended", "removed"])
def test_who_waits_does_so_from_the_call_on(node, add, what):
    web = add("web")
    waiting = (wait_end if what == "ended" else wait_removed)(node.loop, web)
    getattr(web, what).set_result(3)  # before the loop has run at all
    setattr(web, what, None)
    assert node.loop.run_until_complete(waiting) == 3


def test_who_gives_up_waiting_leaves_the_others_waiting(node, add):
    web = add("web")
    leaving, staying = wait_end(node.loop, web), wait_end(node.loop, web)
    leaving.cancel()
    assert web.ended is not None
    web.ended.set_result(3)
    assert node.loop.run_until_complete(staying) == 3

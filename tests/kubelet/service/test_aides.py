"""What a kubelet has beside its pods goes with it."""

from __future__ import annotations

import uuid

import pytest

from pausedemo.clock import SystemClock
from pausedemo.errors import PausedemoError
from pausedemo.kubelet.reach.nodecontainer import NodeContainer
from pausedemo.kubelet.service.aides import make_aides
from tests.kubelet.places import Place


def test_the_node_s_container_is_not_made_again_after_the_end(place: Place) -> None:
    labels: dict[str, str | None] = {"pausedemo.test/aides": uuid.uuid4().hex}
    aides = make_aides(
        place.engine,
        SystemClock(),
        tell=lambda _pod, _event: None,
        wake=lambda _uid: None,
        find_image=lambda: place.image,
        labels={name: value or "" for name, value in labels.items()},
    )
    assert place.engine.list_containers(labels) == (), "it is made when it is first needed"
    node = aides.dialer.node
    assert node.exec(["echo", "here"], timeout_s=30).stdout == b"here\n"
    assert len(place.engine.list_containers(labels)) == 1
    aides.close()
    with pytest.raises(PausedemoError, match="the kubelet has ended"):
        node.exec(["echo", "late"], timeout_s=30)
    assert place.engine.list_containers(labels) == ()


def test_a_node_s_container_that_is_somebody_else_s_is_left(place: Place) -> None:
    labels = {"pausedemo.test/aides": uuid.uuid4().hex}
    node = NodeContainer(place.engine, lambda: place.image, labels)
    aides = make_aides(
        place.engine,
        SystemClock(),
        tell=lambda _pod, _event: None,
        wake=lambda _uid: None,
        find_image=lambda: place.image,
        labels=labels,
        node=node,
    )
    try:
        assert aides.dialer.node is node
        node.exec(["true"], timeout_s=30)
        aides.close()
        assert node.exec(["echo", "still"], timeout_s=30).stdout == b"still\n"
        assert len(place.engine.list_containers({**labels})) == 1
    finally:
        node.close()

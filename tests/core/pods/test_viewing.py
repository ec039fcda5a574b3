"""What a kubelet tells others of its pods, and the line that a person reads."""

from __future__ import annotations

import pytest

from pausedemo.core.pods.podview import ContainerView, PodView, Waiting
from pausedemo.core.pods.status import ContainerStatus
from pausedemo.core.pods.viewing import compute_view
from pausedemo.core.rules.health import Health
from tests.core.podkit import at, ended, make_pod, running, seen

READINESS = "readinessProbe: {exec: {command: [a]}}"
PULL = Waiting("ErrImagePull", "no")


def view(
    *things: ContainerStatus,
    before: PodView | None = None,
    probes: str = READINESS,
    health: dict[str, Health] | None = None,
    waiting: dict[str, Waiting] | None = None,
    messages: dict[str, str] | None = None,
    now_s: float = 9,
) -> PodView:
    return compute_view(
        make_pod("a", probes=probes),
        seen(*things),
        before or PodView(),
        at(now_s),
        health=health or {},
        waiting=waiting or {},
        messages=messages or {},
    )


def ready(since_s: float, container_id: str = "a-0", *, is_ready: bool = True) -> PodView:
    one = ContainerView(
        container_id=container_id, ready=is_ready, started=True, since=at(since_s).isoformat()
    )
    return PodView(containers={"a": one})


READY = {"a-0": Health()}


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (view(running("a"), probes=""), PodView()),
        (view(), PodView()),
        (view(waiting={"a": PULL}), PodView(containers={"a": ContainerView(waiting=PULL)})),
        (view(running("a"), waiting={"a": PULL}, probes=""), PodView()),
        (view(running("a"), health=READY), ready(9)),
        (view(running("a"), health=READY, before=ready(3)), ready(3)),
        (view(running("a"), before=ready(3)), ready(9, is_ready=False)),
        (view(running("a", 1), before=ready(3)), ready(9, "a-1", is_ready=False)),
        (view(ended("a", 0), before=ready(3)), PodView()),
        (
            view(ended("a", 0), messages={"a-0": "bye", "a-9": "of one that is gone"}),
            PodView(messages={"a-0": "bye"}),
        ),
        (view(ended("a", 0), messages={"a-0": ""}), PodView()),
        (
            view(before=PodView(phase="Failed", reason="Evicted", message="m")),
            PodView(phase="Failed", reason="Evicted", message="m"),
        ),
    ],
)
def test_only_what_cannot_be_seen_on_the_engine_is_told(told: PodView, expected: PodView) -> None:
    assert told == expected
    assert PodView.from_json(told.to_json()) == told

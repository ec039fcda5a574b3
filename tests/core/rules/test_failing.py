"""Pods that are ended for good."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pausedemo.core.manifest import RestartPolicy
from pausedemo.core.pods.pod import Deletion
from pausedemo.core.pods.podview import PodView
from pausedemo.core.rules.failing import Failure, find_failure
from tests.core.podkit import at, ended, make_pod, running, sandbox, seen

LATE = Failure(
    "Normal",
    "DeadlineExceeded",
    "Pod was active on the node longer than the specified deadline",
)
FULL = Failure("Warning", "Evicted", "too much")
POD = make_pod("a", policy=RestartPolicy.NEVER, extra="  activeDeadlineSeconds: 60\n")
RUNS = seen(sandbox(), running("a"))


@pytest.mark.parametrize(
    ("after_s", "excess", "found"),
    [(59, "", None), (60, "", LATE), (59, "too much", FULL), (60, "too much", LATE)],
)
def test_a_pod_fails_by_its_deadline_or_by_what_it_holds(
    after_s: float, excess: str, found: Failure | None
) -> None:
    assert find_failure(POD, RUNS, PodView(), at(after_s), excess) == found


def test_a_pod_that_has_ended_or_is_to_end_does_not_fail() -> None:
    over = seen(sandbox(ready=False), ended("a", 0))
    deleted = replace(POD, deletion=Deletion(at(50), 30))
    assert find_failure(POD, over, PodView(), at(60), "too much") is None
    assert find_failure(deleted, RUNS, PodView(), at(60), "too much") is None
    assert find_failure(POD, RUNS, PodView(phase="Failed"), at(60), "too much") is None

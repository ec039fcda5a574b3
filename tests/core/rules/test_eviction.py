"""Pods that hold more than their limits."""

from __future__ import annotations

import pytest

from pausedemo.core.rules.eviction import explain_eviction, find_limits
from tests.core.podkit import make_pod

VOLUMES = """  volumes:
  - {name: free, emptyDir: {}}
  - {name: fast, emptyDir: {medium: Memory, sizeLimit: 1Ki}}
  - {name: none, emptyDir: {sizeLimit: "0"}}
  - {name: one, emptyDir: {sizeLimit: 1Mi}}
  - {name: two, emptyDir: {sizeLimit: 1500k}}
"""
MI = 1024 * 1024


def test_only_volumes_on_disk_have_limits_that_are_measured() -> None:
    limits = find_limits(make_pod("a", extra=VOLUMES))
    assert {name: str(limit) for name, limit in limits.items()} == {"one": "1Mi", "two": "1500k"}


@pytest.mark.parametrize(
    ("used", "words"),
    [
        ({}, ""),
        ({"free": 9 * MI, "fast": 9 * MI, "none": 9 * MI}, ""),
        ({"one": MI, "two": 1500_000}, ""),
        ({"one": MI + 1}, 'Usage of EmptyDir volume "one" exceeds the limit "1Mi". '),
        (
            {"one": MI, "two": 1500_001},
            'Usage of EmptyDir volume "two" exceeds the limit "1500k". ',
        ),
        (
            {"one": 2 * MI, "two": 2 * MI},
            'Usage of EmptyDir volume "one" exceeds the limit "1Mi". ',
        ),
    ],
)
def test_a_pod_that_holds_more_than_a_limit_has_to_go(used: dict[str, int], words: str) -> None:
    assert explain_eviction(make_pod("a", extra=VOLUMES), used) == words

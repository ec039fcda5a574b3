"""What of the machine a container gets."""

from __future__ import annotations

import pytest

from pausedemo.core.manifest import Container, PodManifest
from pausedemo.core.pods.shares import (
    compute_cpu_quota_us,
    compute_cpu_shares,
    compute_memory_bytes,
    compute_oom_score_adj,
)

GIB = 2**30


def container(**resources: dict[str, str]) -> Container:
    return Container.model_validate({"name": "a", "image": "x", "resources": resources})


@pytest.mark.parametrize(
    ("resources", "shares"),
    [
        ({}, None),
        ({"requests": {"cpu": "0"}}, None),
        ({"requests": {"cpu": "1m"}}, 2),
        ({"requests": {"cpu": "100m"}}, 102),
        ({"requests": {"cpu": "1"}}, 1024),
        ({"requests": {"cpu": "1000"}}, 262_144),
        ({"limits": {"cpu": "2"}}, 2048),
        ({"limits": {"cpu": "2"}, "requests": {"cpu": "500m"}}, 512),
    ],
)
def test_shares_are_by_what_is_requested(
    resources: dict[str, dict[str, str]], shares: int | None
) -> None:
    assert compute_cpu_shares(container(**resources)) == shares


@pytest.mark.parametrize(
    ("cpu", "quota_us"),
    [("1m", 1000), ("10m", 1000), ("11m", 1100), ("500m", 50_000), ("2", 200_000), ("0", None)],
)
def test_time_is_by_the_limit(cpu: str, quota_us: int | None) -> None:
    assert compute_cpu_quota_us(container(limits={"cpu": cpu})) == quota_us
    assert compute_cpu_quota_us(container(requests={"cpu": cpu})) is None


@pytest.mark.parametrize(
    ("memory", "size"), [("64Mi", 64 * 2**20), ("1k", 1000), ("0", None), ("100m", 1)]
)
def test_memory_is_by_the_limit(memory: str, size: int | None) -> None:
    assert compute_memory_bytes(container(limits={"memory": memory})) == size
    assert compute_memory_bytes(container(requests={"memory": memory})) is None


@pytest.mark.parametrize(
    ("resources", "memory_bytes", "score"),
    [
        ({}, 4 * GIB, 1000),
        ({"limits": {"cpu": "1", "memory": "1Gi"}}, 4 * GIB, -997),
        ({"limits": {"cpu": "1", "memory": "1Gi"}}, 0, -997),
        ({"limits": {"memory": "1Gi"}}, 4 * GIB, 750),
        ({"requests": {"memory": "1Gi"}}, 0, 999),
        ({"requests": {"cpu": "1"}}, 4 * GIB, 999),
        ({"requests": {"memory": "1"}}, 4 * GIB, 999),
        ({"requests": {"memory": "4Gi"}}, 4 * GIB, 3),
        ({"requests": {"memory": "400Gi"}}, 4 * GIB, 3),
    ],
)
def test_who_goes_first_when_memory_runs_out(
    resources: dict[str, dict[str, str]], memory_bytes: int, score: int
) -> None:
    one = {"name": "a", "image": "x", "resources": resources}
    manifest = PodManifest.model_validate(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "x"},
            "spec": {"containers": [one]},
        }
    )
    spec = manifest.spec
    assert compute_oom_score_adj(spec, spec.containers[0], memory_bytes) == score

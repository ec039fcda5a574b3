"""Shares and limits of the machine."""

from __future__ import annotations

import pytest

from tests.kubelet.fields.bench import Bench, Seen
from tests.kubelet.fields.conftest import Ground

SLEEP = 'image: busybox, command: [sleep, "3600"]'
LIMITED = "resources: {requests: {cpu: 250m}, limits: {cpu: 500m, memory: 32Mi}}"


def score(seen: Seen, name: str = "a") -> int:
    return int(seen.ask("cat /proc/1/oom_score_adj", name))


def test_limits_hold(bench: Bench) -> None:
    seen = bench.run(f"containers: [{{name: a, {SLEEP}, {LIMITED}}}]")
    if not seen.ask("ls /sys/fs/cgroup"):
        pytest.skip("this engine shows a container no cgroups; see the next test")
    told = seen.ask(
        "cd /sys/fs/cgroup; "
        "if [ -e memory.max ]; then cat memory.max cpu.max; "
        "else cat memory/memory.limit_in_bytes cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us; fi"
    )
    assert told.split() == ["33554432", "50000", "100000"]
    weight = seen.ask("cd /sys/fs/cgroup; cat cpu/cpu.shares cpu.weight 2>/dev/null; true")
    # Shares, or what a runtime makes of 256 of them as a weight.
    assert weight.strip() in ("256", "10", "35")


def test_who_takes_more_memory_than_its_limit_is_ended(bench: Bench) -> None:
    seen = bench.run("""
        containers:
        - {name: a, image: busybox, command: [tail, /dev/zero],
           resources: {limits: {memory: 16Mi}}}
    """)
    assert seen.wait_for_end() == 137


def test_a_share_of_processor_time_is_not_exceeded(bench: Bench) -> None:
    seen = bench.run("""
        containers:
        - {name: a, image: busybox, resources: {limits: {cpu: 100m}},
           command: [sh, -c, "(while :; do :; done) & sleep 2; cut -d' ' -f14,15 /proc/$!/stat"]}
    """)
    user, system = map(int, seen.logs().split())
    # Hundredths of a second: a tenth of two, and as much again for what is not cut so fine.
    assert user + system <= 60


def test_pods_that_ask_for_nothing_go_first_when_memory_runs_out(bench: Bench) -> None:
    assert score(bench.run(f"containers: [{{name: a, {SLEEP}}}]")) == 1000


def test_pods_that_ask_for_some_go_by_how_much(bench: Bench) -> None:
    seen = bench.run(f"""
        containers:
        - {{name: a, {SLEEP}, resources: {{requests: {{memory: 1Ki}}}}}}
        - {{name: b, {SLEEP}, resources: {{requests: {{memory: 512Mi}}}}}}
    """)
    memory = bench.engine.describe().memory_bytes
    assert score(seen) == 999
    assert score(seen, "b") == 1000 - 1000 * 512 * 2**20 // memory


def test_guaranteed_pods_go_last_where_the_engine_may_say_so(
    bench: Bench, field_ground: Ground
) -> None:
    seen = bench.run(f"""
        containers:
        - {{name: a, {SLEEP}, resources: {{limits: {{cpu: 100m, memory: 32Mi}}}}}}
    """)
    assert score(seen) == (-997 if field_ground.lowers_oom_score else 0)

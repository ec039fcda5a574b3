"""Limits as the files of both versions want them, in a tree that is only files."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from pausedemo.embedded.containers.cgroups import Cgroups
from pausedemo.embedded.errors import ServerError
from pausedemo.embedded.platform import CONTROLLERS, Platform, find_cgroups

MB = 1024 * 1024


def make_platform(version: int, cgroups: dict[str, Path]) -> Platform:
    return Platform(
        rootless=False,
        single_id=False,
        uid=0,
        gid=0,
        cgroups=cgroups,
        cgroup_version=version,
        overlay="",
        capabilities=0,
    )


@pytest.fixture
def version_1(tmp_path):
    return Cgroups(make_platform(1, {name: tmp_path / name for name in CONTROLLERS}), "key")


@pytest.fixture
def version_2(tmp_path):
    return Cgroups(make_platform(2, dict.fromkeys(CONTROLLERS, tmp_path)), "key")


def read_tree(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize(
    ("host", "files"),
    [
        ({}, {}),
        ({"Memory": 0, "PidsLimit": -1, "CpuShares": 0, "NanoCpus": 0}, {}),
        ({"Memory": 64 * MB}, {"memory/memory.limit_in_bytes": str(64 * MB)}),
        ({"MemoryReservation": 5}, {"memory/memory.soft_limit_in_bytes": "5"}),
        ({"PidsLimit": 7}, {"pids/pids.max": "7"}),
        ({"CpuShares": 512}, {"cpu/cpu.shares": "512"}),
        (
            {"NanoCpus": 5 * 10**8},
            {"cpu/cpu.cfs_period_us": "100000", "cpu/cpu.cfs_quota_us": "50000"},
        ),
        (
            {"CpuPeriod": 20_000, "CpuQuota": 5_000},
            {"cpu/cpu.cfs_period_us": "20000", "cpu/cpu.cfs_quota_us": "5000"},
        ),
    ],
)
def test_version_1_gets_a_folder_for_each_controller_with_a_limit(version_1, tmp_path, host, files):
    joined = version_1.make("c1", host)
    expected = {file.replace("/", "/pausedemo-key/c1/"): text for file, text in files.items()}
    assert read_tree(tmp_path) == expected
    wanted = sorted({file.split("/")[0] for file in files})
    assert sorted(joined) == [
        str(tmp_path / name / "pausedemo-key" / "c1" / "cgroup.procs") for name in wanted
    ]


@pytest.mark.parametrize(
    ("swap", "expected"), [(0, 128 * MB), (96 * MB, 96 * MB), (64 * MB, 64 * MB), (-1, -1)]
)
def test_version_1_holds_swap_where_the_kernel_counts_it(version_1, tmp_path, swap, expected):
    folder = tmp_path / "memory/pausedemo-key/c1"
    folder.mkdir(parents=True)
    (folder / "memory.memsw.limit_in_bytes").write_text("unlimited")
    version_1.make("c1", {"Memory": 64 * MB, "MemorySwap": swap})
    assert (folder / "memory.memsw.limit_in_bytes").read_text() == str(expected)


@pytest.mark.parametrize(
    ("host", "files"),
    [
        ({}, {}),
        (
            {"Memory": 64 * MB},
            {"memory.max": str(64 * MB), "memory.swap.max": str(64 * MB)},
        ),
        (
            {"Memory": 64 * MB, "MemorySwap": 96 * MB},
            {"memory.max": str(64 * MB), "memory.swap.max": str(32 * MB)},
        ),
        (
            {"Memory": 64 * MB, "MemorySwap": -1},
            {"memory.max": str(64 * MB), "memory.swap.max": "max"},
        ),
        ({"MemoryReservation": 5}, {"memory.low": "5"}),
        ({"PidsLimit": 7}, {"pids.max": "7"}),
        ({"NanoCpus": 1_500_000_000}, {"cpu.max": "150000 100000"}),
        # runc, ConvertCPUSharesToCgroupV2Value
        ({"CpuShares": 1}, {"cpu.weight": "1"}),
        ({"CpuShares": 2}, {"cpu.weight": "1"}),
        ({"CpuShares": 1024}, {"cpu.weight": "39"}),
        ({"CpuShares": 262_144}, {"cpu.weight": "10000"}),
        ({"CpuShares": 10**9}, {"cpu.weight": "10000"}),
    ],
)
def test_version_2_gets_one_folder_with_all_limits(version_2, tmp_path, host, files):
    joined = version_2.make("c1", host)
    tree = read_tree(tmp_path)
    assert tree.pop("cgroup.subtree_control") == "+memory +cpu +pids"
    assert tree.pop("pausedemo-key/cgroup.subtree_control") == "+memory +cpu +pids"
    assert tree == {f"pausedemo-key/c1/{name}": text for name, text in files.items()}
    procs = [str(tmp_path / "pausedemo-key/c1/cgroup.procs")]
    assert joined == (procs if files else [])


def test_a_tree_that_may_not_be_written_after_all_holds_no_limit(tmp_path):
    (tmp_path / "cgroup.subtree_control").mkdir()
    cgroups = Cgroups(make_platform(2, dict.fromkeys(CONTROLLERS, tmp_path)), "key")
    assert (cgroups.controllers, cgroups.can_freeze) == (frozenset(), False)
    assert cgroups.make("c1", {}) == []


def test_a_limit_that_the_kernel_refuses_is_said(version_1, tmp_path):
    (tmp_path / "pids/pausedemo-key/c1/pids.max").mkdir(parents=True)
    with pytest.raises(ServerError, match="cannot set the pids cgroup: Is a directory"):
        version_1.make("c1", {"PidsLimit": 7})


@pytest.mark.parametrize(
    ("text", "killed"),
    [("under_oom 0\noom_kill 2\n", True), ("oom 5\noom_kill 0\n", False), ("", False)],
)
def test_the_kernel_tells_who_was_killed_for_want_of_memory(
    version_1, version_2, tmp_path, text, killed
):
    for cgroups in (version_1, version_2):
        cgroups.make("c1", {"Memory": 64 * MB})
    for file in ("memory/pausedemo-key/c1/memory.oom_control", "pausedemo-key/c1/memory.events"):
        (tmp_path / file).write_text(text)
    assert version_1.was_oom_killed("c1") is killed
    assert version_2.was_oom_killed("c1") is killed
    assert version_1.was_oom_killed("another") is False


def test_freezing_writes_each_version_s_word(version_1, version_2, tmp_path):
    folders = tmp_path / "freezer/pausedemo-key/c1", tmp_path / "pausedemo-key/c1"
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / "cgroup.procs").write_text("")
    version_1.freeze("c1", list)
    version_2.freeze("c1", list)
    files = folders[0] / "freezer.state", folders[1] / "cgroup.freeze"
    assert [file.read_text() for file in files] == ["FROZEN", "1"]
    version_1.thaw("c1")
    version_2.thaw("c1")
    assert [file.read_text() for file in files] == ["THAWED", "0"]


@pytest.mark.skipif(
    os.geteuid() != 0 or "freezer" not in find_cgroups()[1], reason="no cgroup may be written here"
)
def test_a_sweep_ends_what_an_earlier_engine_left_frozen_or_not():
    version, trees = find_cgroups()
    key = f"test{os.getpid()}"
    cgroups = Cgroups(make_platform(version, trees), key)
    sleepers = [subprocess.Popen(["sleep", "600"]) for _ in range(2)]
    try:
        for name, sleeper in zip(("c1", "c2"), sleepers, strict=True):
            for file in cgroups.make(name, {"PidsLimit": 100}):
                Path(file).write_text(str(sleeper.pid))
        cgroups.freeze("c2", lambda: [sleepers[1].pid])
        Cgroups(make_platform(version, trees), key).sweep()
        assert [one.wait(20) for one in sleepers] == [-signal.SIGKILL] * 2
        cgroups.sweep()  # with nobody left whose parent must take an exit code
        cgroups.close()
        assert not [one for one in trees.values() if (one / f"pausedemo-{key}").exists()]
    finally:
        for one in sleepers:
            one.kill()
            one.wait()
        cgroups.sweep()
        cgroups.close()

"""What the machine lets the engine do, tried out, and told in words."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pausedemo.embedded import platform as platforms
from pausedemo.embedded.abilities import describe_abilities
from pausedemo.embedded.containers.cgroups import Cgroups
from pausedemo.embedded.kernel.syscalls import read_bounding_set
from pausedemo.embedded.platform import (
    CONTROLLERS,
    find_cgroups,
    try_overlay,
)
from pausedemo.embedded.seccomp.filters import SeccompFilters
from tests.embedded.containers.test_cgroups import make_platform


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A folder in the place of /sys/fs/cgroup."""
    monkeypatch.setattr(platforms, "CGROUP_ROOT", tmp_path)
    return tmp_path


def test_version_1_has_the_controllers_whose_trees_are_mounted(tree):
    for name in ("memory", "pids", "cpuset", "cpu"):
        (tree / name).mkdir()
    for name in ("memory", "pids", "cpuset"):
        (tree / name / "tasks").write_text("")
    assert find_cgroups() == (1, {"memory": tree / "memory", "pids": tree / "pids"})


def test_version_2_has_what_it_lists_and_can_always_freeze(tree):
    (tree / "cgroup.controllers").write_text("cpuset cpu io pids\n")
    (tree / "cgroup.subtree_control").write_text("")
    assert find_cgroups() == (2, dict.fromkeys(("cpu", "pids", "freezer"), tree))


def test_version_2_that_may_not_be_written_has_none(tree):
    (tree / "cgroup.controllers").write_text("cpu memory pids\n")
    assert find_cgroups() == (2, {})


def test_without_any_tree_there_is_no_cgroup(tree):
    assert list(tree.iterdir()) == []
    assert find_cgroups() == (1, {})


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts as root")
def test_overlayfs_is_tried_and_nothing_is_left_of_it(tmp_path):
    mounted = Path("/proc/self/mounts").read_text()
    assert try_overlay(tmp_path, rootless=False) in ("", None)
    assert list(tmp_path.iterdir()) == []
    assert Path("/proc/self/mounts").read_text() == mounted


def test_our_own_capabilities_are_the_kernel_s_word():
    (line,) = [
        line
        for line in Path("/proc/self/status").read_text().splitlines()
        if line.startswith("CapBnd")
    ]
    assert f"{read_bounding_set():016x}" == line.split()[1]


@pytest.mark.parametrize(("overlay", "driver"), [("", "overlay2"), (None, "vfs")])
def test_the_storage_driver_has_docker_s_name(overlay, driver):
    assert replace(make_platform(1, {}), overlay=overlay).storage_driver == driver


@pytest.mark.parametrize(
    ("changes", "outside", "expected"),
    [
        (
            {"cgroups": dict.fromkeys(CONTROLLERS, Path("/sys/fs/cgroup"))},
            True,
            {
                "user": "root",
                "cgroups": "version 1: cpu, freezer, memory, pids",
                "file system": "overlayfs",
            },
        ),
        (
            {"rootless": True, "single_id": True, "uid": 1000, "overlay": None},
            False,
            {
                "user": "1000, in a user namespace with one id",
                "cgroups": "version 1, none may be written",
                "file system": "no overlayfs",
            },
        ),
        (
            {"rootless": True, "uid": 1000, "cgroup_version": 2},
            False,
            {
                "user": "1000, in a user namespace",
                "cgroups": "version 2, none may be written",
                "file system": "overlayfs",
            },
        ),
    ],
)
def test_abilities_are_told_with_what_follows_from_them(changes, outside, expected):
    found = replace(make_platform(1, {}), **changes)
    seccomp = SeccompFilters()
    reach = SimpleNamespace(how="by a test", outside=outside)
    node = SimpleNamespace(
        platform=found,
        seccomp=seccomp,
        cgroups=Cgroups(found, "key"),
        networks=SimpleNamespace(describe=lambda: reach),
    )
    rows = {name: (word, follows) for name, word, follows in describe_abilities(cast(Any, node))}
    assert list(rows) == ["user", "cgroups", "file system", "seccomp", "network"]
    assert {name: rows[name][0] for name in expected} == expected
    assert all(follows for _, follows in rows.values())
    assert rows["seccomp"][0] == ("libseccomp" if seccomp.is_available else "no libseccomp")
    ends = "and the outside" if outside else "not the outside"
    assert rows["network"][0] == "by a test"
    assert rows["network"][1].endswith(ends)
    seccomp.close()

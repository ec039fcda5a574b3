"""Mounts as requests ask for them, and the list of what is mounted in a container."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pausedemo.embedded.containers.mounts import MountPoint, parse_mounts, plan_mounts
from pausedemo.embedded.errors import BadParameter, NotSupported
from pausedemo.embedded.keeper.launch import Bind, Mount
from pausedemo.embedded.kernel.syscalls import (
    MOUNT_ATTR_NODEV,
    MOUNT_ATTR_RDONLY,
    MountFlag,
    Namespace,
)

QUIET = MountFlag.NO_SUID | MountFlag.NO_DEV | MountFlag.NO_EXEC


def anonymous(destination: str) -> MountPoint:
    return MountPoint("volume", "", destination, anonymous=True)


def bound(source: str, destination: str, **more: Any) -> MountPoint:
    settings = {"create_source": True, "propagation": "rprivate", **more}
    return MountPoint("bind", source, destination, **settings)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/a:/b", bound("/a", "/b")),
        ("/a/../c/:/b//d/", bound("/c", "/b/d")),
        ("//a://b", bound("/a", "/b")),
        ("/a:/b:ro", bound("/a", "/b", readonly=True, mode="ro")),
        ("/a:/b:rw,z", bound("/a", "/b", mode="rw,z")),
        ("/a:/b:rprivate", bound("/a", "/b", mode="rprivate")),
        ("data:/b", MountPoint("volume", "data", "/b")),
        ("data:/b:ro", MountPoint("volume", "data", "/b", True, "ro")),
        ("data:/b:nocopy", MountPoint("volume", "data", "/b", False, "nocopy", copy_up=False)),
        ("/b", anonymous("/b")),
    ],
)
def test_a_bind_is_read(text, expected):
    assert parse_mounts({}, {"Binds": [text]}) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":/b",
        "/a:b",
        "/a:/b:ro:x",
        "/a:/b:ro,rw",
        "/a:/b:sideways",
        "/a:/",
        "/a://",
        "/a:/x/..",
        "a:/b",
        "../a:/b",
        "a/b:/c",
        "relative",
    ],
)
def test_a_bind_that_cannot_be_is_refused(text):
    with pytest.raises(BadParameter):
        parse_mounts({}, {"Binds": [text]})


@pytest.mark.parametrize("mode", ["private", "rprivate", "shared", "rshared", "slave", "rslave"])
def test_a_bind_has_the_propagation_that_was_asked_for(mode):
    (point,) = parse_mounts({}, {"Binds": [f"/a:/b:ro,{mode}"]})
    assert (point.propagation, point.readonly, point.mode) == (mode, True, f"ro,{mode}")
    mount = {"Type": "bind", "Source": "/a", "Target": "/b", "BindOptions": {"Propagation": mode}}
    (point,) = parse_mounts({}, {"Mounts": [mount]})
    assert (point.propagation, point.mode) == (mode, "")


def test_there_is_one_propagation_and_it_is_a_known_one():
    with pytest.raises(BadParameter, match="invalid mode: rslave,shared"):
        parse_mounts({}, {"Binds": ["/a:/b:shared,rslave"]})
    mount = {"Type": "bind", "Source": "/a", "Target": "/b", "BindOptions": {"Propagation": "up"}}
    with pytest.raises(BadParameter, match="invalid propagation mode: up"):
        parse_mounts({}, {"Mounts": [mount]})


@pytest.mark.parametrize(
    ("mount", "expected"),
    [
        (
            {"Type": "bind", "Source": "/a", "Target": "/b", "ReadOnly": True},
            MountPoint("bind", "/a", "/b", True, propagation="rprivate"),
        ),
        ({"Type": "volume", "Target": "/b"}, anonymous("/b")),
        (
            {
                "Type": "volume",
                "Source": "data",
                "Target": "/b",
                "VolumeOptions": {
                    "NoCopy": True,
                    "Labels": {"k": "v"},
                    "DriverConfig": {"Name": "local", "Options": {"o": "x"}},
                },
            },
            MountPoint(
                "volume",
                "data",
                "/b",
                copy_up=False,
                options=(("o", "x"),),
                labels=(("k", "v"),),
            ),
        ),
        (
            {
                "Type": "volume",
                "Source": "data",
                "Target": "/b",
                "VolumeOptions": {"Subpath": "a/b"},
            },
            MountPoint("volume", "data", "/b", copy_up=False, subpath="a/b"),
        ),
        (
            {"Type": "tmpfs", "Target": "/b", "TmpfsOptions": {"SizeBytes": 4096, "Mode": 0o1700}},
            MountPoint("tmpfs", "", "/b", data="size=4096,mode=1700"),
        ),
    ],
)
def test_a_mount_is_read(mount, expected):
    assert parse_mounts({}, {"Mounts": [mount]}) == [expected]


@pytest.mark.parametrize(
    ("mount", "error"),
    [
        ({"Type": "npipe", "Target": "/b"}, BadParameter),
        ({"Target": "/b"}, BadParameter),
        ({"Type": "bind", "Source": "a", "Target": "/b"}, BadParameter),
        ({"Type": "bind", "Source": "/a"}, BadParameter),
        ({"Type": "tmpfs", "Target": "/"}, BadParameter),
        *(
            (
                {"Type": "volume", "Target": "/b", "VolumeOptions": {"Subpath": path}},
                BadParameter,
            )
            for path in ("/a", "..", "a/../../b")
        ),
        (
            {
                "Type": "volume",
                "Target": "/b",
                "VolumeOptions": {"DriverConfig": {"Name": "nfs"}},
            },
            NotSupported,
        ),
    ],
)
def test_a_mount_that_cannot_be_is_refused(mount, error):
    with pytest.raises(error):
        parse_mounts({}, {"Mounts": [mount]})


def test_two_mounts_at_one_place_are_refused_however_it_is_written():
    host = {"Binds": ["/a:/b/"], "Tmpfs": {"/x/../b": ""}}
    with pytest.raises(BadParameter, match="Duplicate mount point: /b"):
        parse_mounts({}, host)


def test_a_request_s_mount_takes_the_place_of_the_image_s_volume_and_parents_come_first():
    config: dict[str, object] = {"Volumes": {"/data/": {}, "/cache/deep/er": {}, "/cache": {}}}
    points = parse_mounts(config, {"Binds": ["/a:/data"], "Tmpfs": {"/cache/deep": "size=1m"}})
    assert points == [
        bound("/a", "/data"),
        anonymous("/cache"),
        MountPoint("tmpfs", "", "/cache/deep", data="size=1m"),
        anonymous("/cache/deep/er"),
    ]


def plan(points=(), **more):
    settings: dict[str, Any] = {
        "shm": None,
        "shm_bytes": 1024,
        "has_terminal_group": True,
        "privileged": False,
    }
    settings |= {"files_readonly": False, "foreign": Namespace(0), "cgroups": {}}
    return plan_mounts(list(points), {}, **{**settings, **more})


def test_a_container_s_own_file_systems_are_quiet_and_sys_cannot_be_written():
    by_target = {one.target: one for one in plan()}
    assert by_target["/proc"] == Mount("proc", "/proc", QUIET)
    assert by_target["/sys"] == Mount("sysfs", "/sys", QUIET | MountFlag.READ_ONLY)
    assert by_target["/dev/shm"] == Mount("tmpfs", "/dev/shm", QUIET, "mode=1777,size=1024")
    pts = by_target["/dev/pts"]
    assert isinstance(pts, Mount)
    assert pts.data == "newinstance,ptmxmode=0666,mode=0620,gid=5"
    assert by_target["/dev/null"] == Bind("/dev/null", "/dev/null", recursive=False)


@pytest.mark.parametrize(
    ("foreign", "target", "privileged", "expected"),
    [
        (Namespace.PID, "/proc", False, Bind("/proc", "/proc")),
        (Namespace.NETWORK, "/sys", False, Bind("/sys", "/sys", MOUNT_ATTR_RDONLY)),
        (Namespace.NETWORK, "/sys", True, Bind("/sys", "/sys")),
    ],
)
def test_the_file_system_of_a_foreign_namespace_is_the_node_s_and_no_other_changes(
    foreign, target, privileged, expected
):
    own = {one.target: one for one in plan(privileged=privileged)}
    planned = plan(foreign=foreign, privileged=privileged)
    assert {one.target: one for one in planned} == {**own, target: expected}


def test_where_there_is_one_id_only_terminals_have_no_group_of_their_own():
    (pts,) = [one for one in plan(has_terminal_group=False) if one.target == "/dev/pts"]
    assert isinstance(pts, Mount)
    assert "gid" not in pts.data


def test_a_shared_shm_is_the_folder_given():
    (shm,) = [one for one in plan(shm=Path("/state/shm")) if one.target == "/dev/shm"]
    assert shm == Bind("/state/shm", "/dev/shm")


@pytest.mark.parametrize(
    ("readonly", "privileged", "attributes"),
    [
        (False, False, MOUNT_ATTR_NODEV),
        (True, False, MOUNT_ATTR_NODEV | MOUNT_ATTR_RDONLY),
        (False, True, 0),
        (True, True, MOUNT_ATTR_RDONLY),
    ],
)
def test_a_bind_brings_no_devices_unless_privileged(readonly, privileged, attributes):
    point = MountPoint("bind", "/a", "/b", readonly)
    planned = plan([(point, Path("/a"))], privileged=privileged)
    assert planned[-1] == Bind("/a", "/b", attributes)


@pytest.mark.parametrize(
    ("data", "flags", "left"),
    [
        ("", QUIET, ""),
        ("size=64k,mode=1770", QUIET, "size=64k,mode=1770"),
        ("exec,size=1m", MountFlag.NO_SUID | MountFlag.NO_DEV, "size=1m"),
        ("suid", MountFlag.NO_DEV | MountFlag.NO_EXEC, ""),
        ("ro", QUIET | MountFlag.READ_ONLY, ""),
        ("rw,noexec,nosuid,nodev,dev", QUIET, ""),
    ],
)
def test_options_of_a_tmpfs_become_flags_and_it_never_has_devices(data, flags, left):
    planned = plan([(MountPoint("tmpfs", "", "/t", data=data), Path())])
    assert planned[-1] == Mount("tmpfs", "/t", flags, left)

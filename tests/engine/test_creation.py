"""What a create request says of all that can be asked for, and what comes back of a path."""

from __future__ import annotations

import stat
from dataclasses import fields

import pytest

from pausedemo.engine.port import (
    ContainerConfig,
    Mount,
    MountKind,
    PathInfo,
    Propagation,
    PublishedPort,
)
from pausedemo.engine.wire import parse_go_mode, parse_path, render_config

WHOLE = ContainerConfig(
    name="x",
    image="i",
    entrypoint=("sh",),
    command=("-c", "true"),
    env={"A": "1"},
    working_dir="/w",
    user="1:2",
    groups=("3",),
    hostname="h",
    domainname="d.example",
    labels={"k": "v"},
    tty=True,
    open_stdin=True,
    stdin_once=True,
    stop_signal="SIGUSR1",
    network_mode="host",
    ipc_mode="shareable",
    pid_mode="host",
    uts_mode="host",
    cgroup_mode="private",
    mounts=(
        Mount(kind=MountKind.BIND, source="/a", target="/b", create_source=True),
        Mount(
            kind=MountKind.BIND,
            source="/a",
            target="/c",
            create_source=True,
            read_only=True,
            propagation=Propagation.SLAVE,
        ),
        Mount(kind=MountKind.BIND, source="/a", target="/d", propagation=Propagation.SHARED),
        Mount(kind=MountKind.VOLUME, source="v", target="/e"),
        Mount(
            kind=MountKind.VOLUME,
            source="v",
            target="/f",
            read_only=True,
            copy_image=False,
            subpath="a/b",
        ),
        Mount(kind=MountKind.TMPFS, target="/g", size_bytes=1, mode=0o700),
    ),
    publish=(80,),
    ports=(
        PublishedPort(81, 8081, "UDP", "127.0.0.1"),
        PublishedPort(82, 8082),
        PublishedPort(82, 8083, "tcp"),
    ),
    dns_servers=("192.0.2.1",),
    dns_searches=("example",),
    dns_options=("ndots:1",),
    extra_hosts=(("name", "192.0.2.2"), ("six", "2001:db8::1")),
    sysctls={"kernel.msgmax": "1"},
    cap_add=("A",),
    cap_drop=("B",),
    privileged=True,
    read_only_root=True,
    security_options=("no-new-privileges",),
    memory_bytes=7,
    cpu_shares=8,
    cpu_quota_us=9,
    cpu_period_us=10,
    shm_bytes=11,
    oom_score_adj=12,
    init=True,
    auto_remove=True,
    restart_policy="always",
)


def test_everything_is_in_the_request() -> None:
    bare = ContainerConfig(name="x", image="i")
    same = [one.name for one in fields(bare) if getattr(WHOLE, one.name) == getattr(bare, one.name)]
    assert same == ["name", "image"]
    assert render_config(WHOLE) == {
        "Image": "i",
        "Entrypoint": ["sh"],
        "Cmd": ["-c", "true"],
        "Env": ["A=1"],
        "WorkingDir": "/w",
        "User": "1:2",
        "Hostname": "h",
        "Domainname": "d.example",
        "Labels": {"k": "v"},
        "Tty": True,
        "OpenStdin": True,
        "StdinOnce": True,
        "StopSignal": "SIGUSR1",
        "ExposedPorts": {"80/tcp": {}, "81/udp": {}, "82/tcp": {}},
        "HostConfig": {
            "NetworkMode": "host",
            "IpcMode": "shareable",
            "PidMode": "host",
            "UTSMode": "host",
            "CgroupnsMode": "private",
            "Binds": ["/a:/b:rw", "/a:/c:ro,rslave"],
            "Mounts": [
                {
                    "Type": "bind",
                    "Source": "/a",
                    "Target": "/d",
                    "BindOptions": {"Propagation": "rshared"},
                },
                {"Type": "volume", "Source": "v", "Target": "/e"},
                {
                    "Type": "volume",
                    "Source": "v",
                    "Target": "/f",
                    "ReadOnly": True,
                    "VolumeOptions": {"NoCopy": True, "Subpath": "a/b"},
                },
                {"Type": "tmpfs", "Target": "/g", "TmpfsOptions": {"SizeBytes": 1, "Mode": 448}},
            ],
            "PortBindings": {
                "80/tcp": [{"HostPort": ""}],
                "81/udp": [{"HostPort": "8081", "HostIp": "127.0.0.1"}],
                "82/tcp": [{"HostPort": "8082"}, {"HostPort": "8083"}],
            },
            "Dns": ["192.0.2.1"],
            "DnsSearch": ["example"],
            "DnsOptions": ["ndots:1"],
            "ExtraHosts": ["name:192.0.2.2", "six:2001:db8::1"],
            "Sysctls": {"kernel.msgmax": "1"},
            "GroupAdd": ["3"],
            "CapAdd": ["A"],
            "CapDrop": ["B"],
            "Privileged": True,
            "ReadonlyRootfs": True,
            "SecurityOpt": ["no-new-privileges"],
            "Memory": 7,
            "MemorySwap": 7,
            "CpuShares": 8,
            "CpuQuota": 9,
            "CpuPeriod": 10,
            "ShmSize": 11,
            "OomScoreAdj": 12,
            "Init": True,
            "AutoRemove": True,
            "RestartPolicy": {"Name": "always"},
        },
    }


@pytest.mark.parametrize(
    ("go_mode", "mode"),
    [
        (0o644, stat.S_IFREG | 0o644),
        (1 << 31 | 0o755, stat.S_IFDIR | 0o755),
        (1 << 31 | 1 << 22 | 1 << 20 | 0o777, stat.S_IFDIR | 0o3777),
        (1 << 23 | 0o755, stat.S_IFREG | 0o4755),
        (1 << 27 | 0o777, stat.S_IFLNK | 0o777),
        (1 << 26 | 0o660, stat.S_IFBLK | 0o660),
        (1 << 26 | 1 << 21 | 0o666, stat.S_IFCHR | 0o666),
        (1 << 25 | 0o600, stat.S_IFIFO | 0o600),
        (1 << 24 | 0o755, stat.S_IFSOCK | 0o755),
    ],
)
def test_go_s_modes_are_read_as_stat_s(go_mode: int, mode: int) -> None:
    assert parse_go_mode(go_mode) == mode


def test_a_path_is_read() -> None:
    raw = {
        "name": "..data",
        "size": 3,
        "mode": 134218239,
        "mtime": "1970-01-01T00:00:00Z",
        "linkTarget": "/volumes/v1/..3",
    }
    assert parse_path(raw) == PathInfo(
        name="..data", size=3, mode=stat.S_IFLNK | 0o777, link_target="/volumes/v1/..3"
    )

"""Containers as lists and inspect show them: Docker's words for times, and its fields."""

from __future__ import annotations

from pathlib import Path

import pytest

from pausedemo.embedded.containers.container import Placed, State, Status
from pausedemo.embedded.containers.mounts import MASKED, MountPoint
from pausedemo.embedded.containers.views import (
    complete_host_config,
    inspect_container,
    list_ports,
    render_mount,
    render_ports,
    render_row,
)
from pausedemo.embedded.network.model import Endpoint, Sandbox
from tests.embedded.containers.containers import CREATED_NS, make_container


@pytest.fixture
def running(tmp_path):
    container = make_container(
        tmp_path, ExposedPorts={"80/tcp": {}, "53/udp": {}}, Labels={"k": "v"}
    )
    container.state = State(Status.RUNNING, pid=77, started_ns=CREATED_NS)
    container.published = {"80/tcp": [("0.0.0.0", 8080), ("::", 8080)]}  # noqa: S104 - shown only
    return container


@pytest.fixture
def sandbox(running):
    bridge = Endpoint(
        "n" * 64, "e" * 64, "172.17.0.2", 16, "172.17.0.1", "02:42:ac:11:00:02", (), "eth0", "veth0"
    )
    extra = Endpoint("m" * 64, "d" * 64, "10.0.0.2", 24, "", "02:42:0a", ("a",), "eth1", "veth1")
    return Sandbox("s", running.id, "web", -1, {"bridge": bridge, "joined": extra})


def test_ports_are_told_while_it_runs_and_not_after(running):
    assert render_ports(running) == {
        "80/tcp": [
            {"HostIp": "0.0.0.0", "HostPort": "8080"},  # noqa: S104 - shown only
            {"HostIp": "::", "HostPort": "8080"},
        ],
        "53/udp": None,
    }
    assert list_ports(running) == [
        {"PrivatePort": 53, "Type": "udp"},
        {"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},  # noqa: S104
        {"IP": "::", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},
    ]
    running.state = State(Status.EXITED)
    assert (render_ports(running), list_ports(running)) == ({}, [])


def test_a_row_names_what_docker_ps_prints(running, sandbox):
    row = render_row(running, sandbox, size=False)
    shown = {key: row[key] for key in ("Id", "Names", "Image", "Command", "Created", "State")}
    assert shown == {
        "Id": running.id,
        "Names": ["/web"],
        "Image": "busybox",
        "Command": "sleep '1 h'",
        "Created": CREATED_NS // 1_000_000_000,
        "State": "running",
    }
    assert row["Labels"] == {"k": "v"}
    assert row["Status"].startswith("Up ")
    assert row["HostConfig"] == {"NetworkMode": "default"}
    assert set(row["NetworkSettings"]["Networks"]) == {"bridge", "joined"}


def test_an_inspect_tells_state_network_and_command(running, sandbox, tmp_path):
    shown = inspect_container(running, sandbox, "overlay2")
    assert shown["State"] == {
        "Status": "running",
        "Running": True,
        "Paused": False,
        "Restarting": False,
        "OOMKilled": False,
        "Dead": False,
        "Pid": 77,
        "ExitCode": 0,
        "Error": "",
        "StartedAt": "2026-01-02T03:04:05.000000006Z",
        "FinishedAt": "0001-01-01T00:00:00Z",
    }
    assert (shown["Path"], shown["Args"], shown["Name"]) == ("sleep", ["1 h"], "/web")
    assert shown["HostsPath"] == str(tmp_path / "hosts")
    network = shown["NetworkSettings"]
    assert (network["IPAddress"], network["IPPrefixLen"]) == ("172.17.0.2", 16)
    assert network["Networks"]["bridge"]["Gateway"] == "172.17.0.1"
    assert network["Networks"]["joined"]["Aliases"] == ["a"]


def test_who_shares_a_network_shows_none_of_its_own(tmp_path):
    container = make_container(tmp_path, host={"NetworkMode": "container:" + "a" * 64})
    shown = inspect_container(container, None, "overlay2")
    assert shown["NetworkSettings"]["Networks"] == {}
    assert shown["HostConfig"]["NetworkMode"] == "container:" + "a" * 64


def test_before_its_start_a_container_shows_the_network_that_it_will_have(tmp_path):
    (network,) = inspect_container(make_container(tmp_path), None, "vfs")["NetworkSettings"][
        "Networks"
    ].items()
    assert network[0] == "bridge"
    assert (network[1]["IPAddress"], network[1]["IPPrefixLen"]) == ("", 0)


@pytest.mark.parametrize(
    ("placed", "shown"),
    [
        (
            Placed(MountPoint("bind", "/a", "/b", True, "ro", propagation="rprivate"), Path("/a")),
            {
                "Type": "bind",
                "Source": "/a",
                "Destination": "/b",
                "Mode": "ro",
                "RW": False,
                "Propagation": "rprivate",
            },
        ),
        (
            Placed(MountPoint("volume", "data", "/b"), Path("/state/data"), "data"),
            {
                "Type": "volume",
                "Name": "data",
                "Driver": "local",
                "Source": "/state/data",
                "Destination": "/b",
                "Mode": "",
                "RW": True,
                "Propagation": "",
            },
        ),
        (
            Placed(MountPoint("tmpfs", "", "/t"), Path()),
            {
                "Type": "tmpfs",
                "Source": "",
                "Destination": "/t",
                "Mode": "",
                "RW": True,
                "Propagation": "",
            },
        ),
    ],
)
def test_mounts_are_shown_as_docker_shows_them(placed, shown):
    assert render_mount(placed) == shown


def test_a_host_config_is_completed_and_what_was_asked_stays():
    given = {"Memory": 1 << 26, "ShmSize": 0, "LogConfig": {"Type": ""}, "Binds": ["/a:/b"]}
    shown = complete_host_config(given)
    assert shown["Memory"] == 1 << 26
    assert shown["ShmSize"] == 64 * 1024 * 1024
    assert shown["LogConfig"] == {"Type": "json-file", "Config": {}}
    assert shown["RestartPolicy"] == {"Name": "no", "MaximumRetryCount": 0}
    assert shown["Binds"] == ["/a:/b"]
    assert shown["MaskedPaths"] == MASKED
    assert complete_host_config({"MaskedPaths": []})["MaskedPaths"] == []

"""Containers as lists and inspect show them: Docker's words for times, and its fields."""

from __future__ import annotations

from pathlib import Path

import pytest

from pausedemo.embedded.containers.container import Placed, State, Status
from pausedemo.embedded.containers.mounts import MASKED, MountPoint
from pausedemo.embedded.containers.views import (
    complete_host_config,
    describe_status,
    inspect_container,
    list_ports,
    render_mount,
    render_ports,
    render_row,
    write_duration,
)
from pausedemo.embedded.network.model import Endpoint, Sandbox
from pausedemo.embedded.times import write_time
from tests.embedded.containers.containers import CREATED_NS, make_container

S = 1_000_000_000
MINUTE, HOUR, DAY = 60, 3600, 24 * 3600


# docker/go-units, duration_test.go, TestHumanDuration, and the borders of each word.
@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "Less than a second"),
        (0.45, "Less than a second"),
        (0.999, "Less than a second"),
        (1, "1 second"),
        (1.9, "1 second"),
        (2, "2 seconds"),
        (45, "45 seconds"),
        (59.9, "59 seconds"),
        (60, "About a minute"),
        (63, "About a minute"),
        (119, "About a minute"),
        (2 * MINUTE, "2 minutes"),
        (3 * MINUTE, "3 minutes"),
        (35 * MINUTE + 40, "35 minutes"),
        (59 * MINUTE + 59, "59 minutes"),
        (60 * MINUTE, "About an hour"),
        (1 * HOUR + 29 * MINUTE, "About an hour"),
        (1 * HOUR + 30 * MINUTE, "2 hours"),
        (2 * HOUR + 29 * MINUTE, "2 hours"),
        (2 * HOUR + 30 * MINUTE, "3 hours"),
        (2 * HOUR + 31 * MINUTE, "3 hours"),
        (3 * HOUR, "3 hours"),
        (4 * HOUR + 30 * MINUTE, "5 hours"),
        (24 * HOUR, "24 hours"),
        (36 * HOUR, "36 hours"),
        (47 * HOUR + 29 * MINUTE, "47 hours"),
        (47 * HOUR + 30 * MINUTE, "2 days"),
        (48 * HOUR, "2 days"),
        (7 * DAY, "7 days"),
        (13 * DAY + 5 * HOUR, "13 days"),
        (14 * DAY, "2 weeks"),
        (3 * 7 * DAY, "3 weeks"),
        (4 * 7 * DAY, "4 weeks"),
        (4 * 7 * DAY + 3 * DAY, "4 weeks"),
        (1 * 30 * DAY, "4 weeks"),
        (2 * 30 * DAY, "2 months"),
        (5 * 30 * DAY + 2 * 7 * DAY, "5 months"),
        (12 * 30 * DAY, "12 months"),
        (23 * 30 * DAY, "23 months"),
        (24 * 30 * DAY, "24 months"),
        (2 * 365 * DAY - HOUR, "24 months"),
        (2 * 365 * DAY, "2 years"),
        (3 * 365 * DAY + 2 * 30 * DAY, "3 years"),
    ],
)
def test_a_time_is_told_in_go_units_words(seconds, words):
    assert write_duration(int(seconds * S)) == words


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State(), "Created"),
        (State(Status.RUNNING, started_ns=40 * S), "Up About a minute"),
        (State(Status.PAUSED, started_ns=95 * S), "Up 5 seconds (Paused)"),
        (State(Status.EXITED, exit_code=137, finished_ns=98 * S), "Exited (137) 2 seconds ago"),
        (State(Status.RESTARTING, exit_code=1, finished_ns=99 * S), "Restarting (1) 1 second ago"),
        (State(Status.REMOVING), "Removal In Progress"),
        (State(Status.DEAD), "Dead"),
    ],
)
def test_the_status_column_is_docker_s(tmp_path, state, words):
    container = make_container(tmp_path)
    container.state = state
    assert describe_status(container, now_ns=100 * S) == words


@pytest.mark.parametrize(
    ("unix_ns", "text"),
    [
        (0, "0001-01-01T00:00:00Z"),
        (CREATED_NS, "2026-01-02T03:04:05.000000006Z"),
        (1_700_000_000 * S, "2023-11-14T22:13:20.000000000Z"),
    ],
)
def test_times_are_written_as_dockerd_writes_them(unix_ns, text):
    assert write_time(unix_ns) == text


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
        "Created": CREATED_NS // S,
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
            Placed(MountPoint("bind", "/a", "/b", True, "ro"), Path("/a")),
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

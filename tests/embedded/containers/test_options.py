"""What a create request may ask for, what is refused, and in which words."""

from __future__ import annotations

import pytest

from pausedemo.embedded.containers.options import (
    as_list,
    check_keys,
    check_limits,
    check_modes,
    check_name,
    compute_argv,
    merge_env,
)
from pausedemo.embedded.errors import BadParameter, NotSupported

EVERY = frozenset({"memory", "cpu", "pids", "freezer"})
MB = 1024 * 1024


@pytest.mark.parametrize(
    ("given", "name"), [("web", "web"), ("/web", "web"), ("a_b.c-1", "a_b.c-1"), ("0x", "0x")]
)
def test_a_name_loses_its_slash(given, name):
    assert check_name(given) == name


@pytest.mark.parametrize(
    "name", ["a", "", "-ab", ".ab", "a b", "a/b", "//ab", "ab\n", "ä1", "a:b", "../x"]
)
def test_a_name_that_docker_refuses_is_refused(name):
    with pytest.raises(BadParameter, match="Invalid container name"):
        check_name(name)


@pytest.mark.parametrize(
    "body",
    [
        {"HostConfig": {"Devices": [{"PathOnHost": "/dev/kvm"}]}},
        {"HostConfig": {"CpusetCpus": "0"}},
        {"HostConfig": {"UsernsMode": "host"}},
        {"HostConfig": {"Links": ["a:b"]}},
        {"HostConfig": {"BlkioWeight": 10}},
        {"HostConfig": {"OomKillDisable": True}},
        {"HostConfig": {"NoSuchThing": 1}},
        {"NoSuchThing": "x"},
    ],
)
def test_an_option_that_would_change_something_and_is_not_had_is_refused(body):
    with pytest.raises(NotSupported, match="does not support"):
        check_keys(body)


@pytest.mark.parametrize("nothing", [None, "", 0, False, [], {}, -1])
def test_an_unknown_option_that_asks_for_nothing_passes(nothing):
    check_keys({"Other": nothing, "HostConfig": {"CpusetCpus": nothing, "Devices": nothing}})


def test_what_clients_always_send_passes():
    check_keys(
        {
            "Image": "x",
            "OnBuild": ["RUN x"],
            "HostConfig": {"ConsoleSize": [24, 80], "MemorySwappiness": -1, "Isolation": ""},
            "NetworkingConfig": {"EndpointsConfig": {}},
        }
    )


@pytest.mark.parametrize(
    ("host", "controller"),
    [
        ({"Memory": 64 * MB}, "memory"),
        ({"MemoryReservation": 64 * MB}, "memory"),
        ({"NanoCpus": 5 * 10**8}, "cpu"),
        ({"CpuQuota": 50_000}, "cpu"),
        ({"PidsLimit": 10}, "pids"),
    ],
)
def test_a_limit_that_cannot_be_held_is_refused(host, controller):
    check_limits(host, EVERY)
    with pytest.raises(BadParameter, match=f"no {controller} cgroup may be written here"):
        check_limits(host, EVERY - {controller})


def test_no_limit_and_a_weight_need_no_cgroup():
    check_limits({"Memory": 0, "PidsLimit": -1, "CpuShares": 512, "CpuQuota": None}, frozenset())


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ({"Memory": 6 * MB - 1}, "Minimum memory limit allowed is 6MB"),
        ({"OomScoreAdj": -1001}, "Invalid value -1001, range for oom score adj"),
        ({"OomScoreAdj": 1001}, "Invalid value 1001, range for oom score adj"),
        ({"MemorySwap": 64 * MB}, "You should always set the Memory limit"),
        ({"Memory": 64 * MB, "MemorySwap": 32 * MB}, "should be larger than memory limit"),
        ({"Memory": 64 * MB, "MemoryReservation": 65 * MB}, "less than memory reservation"),
        ({"MemoryReservation": 1}, "Minimum memory reservation allowed is 6MB"),
        ({"NanoCpus": 1, "CpuPeriod": 1000}, "Nano CPUs and CPU Period cannot both be set"),
        ({"NanoCpus": 1, "CpuQuota": 1000}, "Nano CPUs and CPU Quota cannot both be set"),
        ({"NanoCpus": 10**15}, "Range of CPUs is from 0.01"),
        ({"NanoCpus": -5}, "Range of CPUs is from 0.01"),
        ({"CpuPeriod": 999}, "CPU cfs period can not be less than 1ms"),
        ({"CpuPeriod": 1_000_001}, "CPU cfs period can not be less than 1ms"),
        ({"CpuQuota": 999}, "CPU cfs quota can not be less than 1ms"),
    ],
)
def test_a_limit_that_docker_refuses_is_refused(host, words):
    with pytest.raises(BadParameter, match=words):
        check_limits(host, EVERY)


def test_limits_at_their_borders_pass():
    check_limits({"Memory": 6 * MB, "MemorySwap": 6 * MB, "MemoryReservation": 6 * MB}, EVERY)
    check_limits({"Memory": 6 * MB, "MemorySwap": -1, "CpuPeriod": 1000, "CpuQuota": 1000}, EVERY)


SHARED = {"NetworkMode": "container:web"}


@pytest.mark.parametrize(
    ("config", "host", "message"),
    [
        ({"Hostname": "h"}, SHARED, "conflicting options: hostname and the network mode"),
        ({}, {**SHARED, "Dns": ["1.1.1.1"]}, "conflicting options: dns and the network mode"),
        (
            {},
            {**SHARED, "ExtraHosts": ["a:1.1.1.1"]},
            "conflicting options: custom host-to-IP mapping and the network mode",
        ),
        (
            {},
            {**SHARED, "PortBindings": {"80/tcp": []}},
            "conflicting options: port publishing and the container type network mode",
        ),
        (
            {},
            {**SHARED, "PublishAllPorts": True},
            "conflicting options: port publishing and the container type network mode",
        ),
        (
            {"ExposedPorts": {"80/tcp": {}}},
            SHARED,
            "conflicting options: port exposing and the container type network mode",
        ),
        (
            {"MacAddress": "02:42:ac:11:00:02"},
            SHARED,
            "conflicting options: mac-address and the network mode",
        ),
        ({"Hostname": "h"}, {"UTSMode": "host"}, "conflicting options: hostname and the UTS mode"),
        ({}, {"IpcMode": "weird"}, "Invalid IPC mode: weird"),
        ({}, {"PidMode": "private"}, "Invalid PID mode: private"),
        ({}, {"UTSMode": "private"}, "Invalid UTS mode: private"),
        ({}, {"CgroupnsMode": "x"}, "Invalid cgroup namespace mode: x"),
        (
            {},
            {"PidMode": "container:"},
            "invalid PidMode: container: needs a container's name or id",
        ),
    ],
)
def test_modes_that_cannot_be_together_are_refused_in_docker_s_words(config, host, message):
    with pytest.raises(BadParameter) as caught:
        check_modes(config, host)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("config", "host"),
    [
        ({"Hostname": "h"}, {"NetworkMode": "host"}),
        ({"Hostname": "h"}, {"NetworkMode": "none"}),
        ({}, {**SHARED, "PidMode": "container:web", "IpcMode": "container:web"}),
        ({}, {"UTSMode": "host", "PidMode": "host", "IpcMode": "host", "CgroupnsMode": "host"}),
        ({"Hostname": "h"}, {"IpcMode": "shareable", "CgroupnsMode": "private"}),
    ],
)
def test_modes_that_can_be_together_pass(config, host):
    check_modes(config, host)


def test_a_command_is_an_entrypoint_and_its_arguments():
    assert compute_argv(["a"], ["b", "c"]) == ["a", "b", "c"]
    assert compute_argv(None, ["b"]) == ["b"]
    assert compute_argv(["a"], None) == ["a"]


@pytest.mark.parametrize(("entrypoint", "command"), [(None, None), ([], []), (None, [""])])
def test_no_command_is_refused(entrypoint, command):
    with pytest.raises(BadParameter, match="No command specified"):
        compute_argv(entrypoint, command)


@pytest.mark.parametrize(
    ("given", "expected"),
    [(None, None), ([], []), (["a b"], ["a b"]), ("echo 'it", ["echo 'it"]), ("", [""])],
)
def test_a_command_given_as_one_string_is_one_word(given, expected):
    assert as_list(given) == expected


@pytest.mark.parametrize(
    ("image", "own", "expected"),
    [
        (["PATH=/bin", "A=1"], [], ["PATH=/bin", "A=1"]),
        # As dockerd shows it: the container's own first.
        (["PATH=/bin", "A=1"], ["B=2"], ["B=2", "PATH=/bin", "A=1"]),
        (["PATH=/bin", "A=1"], ["A=2"], ["A=2", "PATH=/bin"]),
        (["PATH=/bin", "A=1"], ["A"], ["A", "PATH=/bin"]),
        (["PATH=/bin"], ["A=1", "A=2"], ["A=1", "A=2", "PATH=/bin"]),
        ([], ["A=x=y", "B="], ["A=x=y", "B="]),
    ],
)
def test_variables_are_merged_as_dockerd_does(image, own, expected):
    assert merge_env(image, own) == expected


@pytest.mark.parametrize("entry", ["=1", ""])
def test_a_variable_without_a_name_is_refused(entry):
    with pytest.raises(BadParameter, match="invalid environment variable"):
        merge_env([], [entry])

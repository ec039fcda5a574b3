"""What a create request may ask for, what is refused, and in which words."""

from __future__ import annotations

import resource

import pytest

from pausedemo.embedded.containers.capabilities import ALL
from pausedemo.embedded.containers.options import (
    RestartPolicy,
    Security,
    as_list,
    check_keys,
    check_limits,
    check_modes,
    check_name,
    compute_argv,
    merge_env,
    parse_limits,
    parse_restart_policy,
    parse_security,
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


@pytest.mark.parametrize(
    ("name", "maximum", "exit_code", "restarts", "by_hand", "wanted"),
    [
        ("no", 0, 1, 0, False, False),
        ("always", 0, 0, 100, False, True),
        ("always", 0, 0, 0, True, False),
        ("unless-stopped", 0, 0, 0, False, True),
        ("unless-stopped", 0, 1, 0, True, False),
        ("on-failure", 0, 0, 0, False, False),
        ("on-failure", 0, 1, 100, False, True),
        ("on-failure", 2, 1, 1, False, True),
        ("on-failure", 2, 1, 2, False, False),
        ("on-failure", 2, 1, 0, True, False),
    ],
)
def test_a_restart_policy_decides_who_starts_again(
    name, maximum, exit_code, restarts, by_hand, wanted
):
    policy = parse_restart_policy({"RestartPolicy": {"Name": name, "MaximumRetryCount": maximum}})
    assert policy == RestartPolicy(name, maximum)
    assert policy.wants(exit_code=exit_code, restarts=restarts, stopped_by_hand=by_hand) is wanted


@pytest.mark.parametrize(
    ("host", "message"),
    [
        ({"RestartPolicy": {"Name": "sometimes"}}, "invalid restart policy 'sometimes'"),
        (
            {"RestartPolicy": {"Name": "always", "MaximumRetryCount": 1}},
            "maximum retry count cannot be used with restart policy 'always'",
        ),
        (
            {"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": -1}},
            "maximum retry count cannot be negative",
        ),
        (
            {"RestartPolicy": {"Name": "always"}, "AutoRemove": True},
            "can't create 'AutoRemove' container with restart policy",
        ),
    ],
)
def test_a_restart_policy_that_cannot_be_is_refused(host, message):
    with pytest.raises(BadParameter) as caught:
        parse_restart_policy(host)
    assert caught.value.message == message


@pytest.mark.parametrize("host", [{}, {"RestartPolicy": None}, {"RestartPolicy": {"Name": ""}}])
def test_without_a_policy_nothing_is_restarted(host):
    assert parse_restart_policy({**host, "AutoRemove": True}) == RestartPolicy()


DEFAULT_BITS = parse_security({}).capabilities


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ({}, Security(DEFAULT_BITS, False, True, False)),
        ({"Privileged": True}, Security(ALL, False, False, True)),
        ({"SecurityOpt": ["no-new-privileges"]}, Security(DEFAULT_BITS, True, True, False)),
        ({"SecurityOpt": ["no-new-privileges:true"]}, Security(DEFAULT_BITS, True, True, False)),
        ({"SecurityOpt": ["no-new-privileges=false"]}, Security(DEFAULT_BITS, False, True, False)),
        ({"SecurityOpt": ["seccomp=unconfined"]}, Security(DEFAULT_BITS, False, False, False)),
        ({"SecurityOpt": ["seccomp:unconfined"]}, Security(DEFAULT_BITS, False, False, False)),
        ({"SecurityOpt": ["label=disable"]}, Security(DEFAULT_BITS, False, True, False)),
        ({"SecurityOpt": ["apparmor=unconfined"]}, Security(DEFAULT_BITS, False, True, False)),
        ({"CapDrop": ["ALL"]}, Security(0, False, True, False)),
    ],
)
def test_security_options_are_read(host, expected):
    assert parse_security(host) == expected


@pytest.mark.parametrize(
    ("option", "error"),
    [
        ("seccomp={}", NotSupported),
        ("apparmor=mine", NotSupported),
        ("label=type:svirt", NotSupported),
        ("no-new-privileges=perhaps", BadParameter),
        ("nonsense", BadParameter),
    ],
)
def test_a_security_option_that_is_not_carried_out_is_refused(option, error):
    with pytest.raises(error):
        parse_security({"SecurityOpt": [option]})


def test_ulimits_are_read():
    ulimits = [
        {"Name": "nofile", "Soft": 10, "Hard": 20},
        {"Name": "core", "Soft": -1, "Hard": -1},
        {"Name": "nproc", "Soft": 5, "Hard": -1},
    ]
    assert parse_limits({"Ulimits": ulimits}) == [
        (resource.RLIMIT_NOFILE, 10, 20),
        (resource.RLIMIT_CORE, -1, -1),
        (resource.RLIMIT_NPROC, 5, -1),
    ]


@pytest.mark.parametrize(
    "ulimit",
    [
        {"Name": "none", "Soft": 1, "Hard": 1},
        {"Soft": 1, "Hard": 1},
        {"Name": "nofile", "Soft": 2, "Hard": 1},
        {"Name": "nofile", "Soft": -1, "Hard": 1},
        {"Name": "nofile", "Soft": "2", "Hard": 3},
        {"Name": "nofile", "Soft": None, "Hard": 3},
        {"Name": "nofile", "Soft": True, "Hard": 3},
    ],
)
def test_a_ulimit_that_cannot_be_is_refused(ulimit):
    with pytest.raises(BadParameter):
        parse_limits({"Ulimits": [ulimit]})


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
        (["PATH=/bin", "A=1"], ["A"], ["PATH=/bin"]),
        (["PATH=/bin"], ["A=1", "A=2"], ["A=2", "PATH=/bin"]),
        ([], ["A=x=y", "B="], ["A=x=y", "B="]),
    ],
)
def test_variables_are_merged_as_dockerd_does(image, own, expected):
    assert merge_env(image, own) == expected


@pytest.mark.parametrize("entry", ["=1", ""])
def test_a_variable_without_a_name_is_refused(entry):
    with pytest.raises(BadParameter, match="invalid environment variable"):
        merge_env([], [entry])

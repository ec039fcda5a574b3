"""Security options, ulimits and restart policies of a create request."""

from __future__ import annotations

import resource

import pytest

from pausedemo.embedded.containers.capabilities import ALL
from pausedemo.embedded.containers.options import (
    RestartPolicy,
    Security,
    parse_limits,
    parse_restart_policy,
    parse_security,
)
from pausedemo.embedded.errors import BadParameter, NotSupported


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
        ({"SecurityOpt": ["seccomp={}"]}, Security(DEFAULT_BITS, False, True, False, "{}")),
        (
            {"SecurityOpt": ["seccomp={}", "seccomp=unconfined"]},
            Security(DEFAULT_BITS, False, False, False),
        ),
        (
            {"SecurityOpt": ["seccomp={}"], "Privileged": True},
            Security(ALL, False, False, True, "{}"),
        ),
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
        ("seccomp=", BadParameter),
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

"""Docker's JSON, read into rules for libseccomp."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pausedemo.embedded.containers.capabilities import ALL, bit
from pausedemo.embedded.errors import ServerError
from pausedemo.embedded.seccomp.filters import KEPT, SeccompFilters
from pausedemo.embedded.seccomp.library import (
    ALLOW,
    KILL_PROCESS,
    LOG,
    Argument,
    Operator,
    Rule,
    refuse,
    trace,
)
from pausedemo.embedded.seccomp.profile import Profile, parse_profile

OWN = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())


def parse(body: object, capabilities: int = 0) -> Profile:
    found = parse_profile(json.dumps(body), capabilities)
    assert found is not None
    return found


def test_each_call_of_an_entry_is_a_rule() -> None:
    body = {
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": 38,
        "syscalls": [
            {"names": ["read", "write"], "action": "SCMP_ACT_ALLOW"},
            {"name": "mkdir", "action": "SCMP_ACT_ERRNO"},
            {"names": ["chmod"], "action": "SCMP_ACT_TRACE", "errnoRet": 7},
            {"names": ["kill"], "action": "SCMP_ACT_LOG", "args": None, "includes": None},
        ],
    }
    assert parse(body) == Profile(
        refuse(38),
        (
            Rule("read", ALLOW),
            Rule("write", ALLOW),
            Rule("mkdir", refuse(1)),
            Rule("chmod", trace(7)),
            Rule("kill", LOG),
        ),
    )


def test_conditions_hold_together_unless_they_are_of_one_argument() -> None:
    first = {"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}
    second = {"index": 1, "value": 4294967295, "valueTwo": 2**64 - 1, "op": "SCMP_CMP_MASKED_EQ"}
    other = {"index": 0, "op": "SCMP_CMP_GT"}
    entry = {"names": ["x"], "action": "SCMP_ACT_KILL_PROCESS"}
    one = Argument(0, Operator.EQUAL, 1)
    two = Argument(1, Operator.MASKED_EQUAL, 2**32 - 1, 2**64 - 1)
    three = Argument(0, Operator.GREATER, 0)
    body = {
        "defaultAction": "SCMP_ACT_ALLOW",
        "syscalls": [{**entry, "args": [first, second]}, {**entry, "args": [first, other]}],
    }
    assert parse(body).rules == (
        Rule("x", KILL_PROCESS, (one, two)),
        Rule("x", KILL_PROCESS, (one,)),
        Rule("x", KILL_PROCESS, (three,)),
    )


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ({"includes": {"caps": ["CAP_CHOWN"]}}, True),
        ({"includes": {"caps": ["CHOWN", "CAP_KILL"]}}, False),
        ({"includes": {"caps": ["CAP_NO_SUCH"]}}, False),
        ({"excludes": {"caps": ["CAP_CHOWN", "CAP_KILL"]}}, False),
        ({"excludes": {"caps": ["CAP_KILL"]}}, True),
        ({"includes": {"arches": [OWN, "other"]}}, True),
        ({"includes": {"arches": ["other"]}}, False),
        ({"excludes": {"arches": [OWN]}}, False),
        ({"includes": {"minKernel": ".".join(os.uname().release.split(".")[:2])}}, True),
        ({"includes": {"minKernel": "99.0"}}, False),
        ({"excludes": {"minKernel": "3.0"}}, False),
    ],
)
def test_entries_that_are_not_meant_are_left_out(when: dict[str, object], holds: bool) -> None:
    entry = {"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", **when}
    body = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [entry]}
    assert len(parse(body, bit("CHOWN")).rules) == holds


def test_architectures_are_those_named_or_those_beside_this_machine_s_own() -> None:
    own = f"SCMP_ARCH_{platform.machine().upper()}"
    named = {"defaultAction": "SCMP_ACT_ALLOW", "architectures": [own, "SCMP_ARCH_ARM"]}
    assert parse(named).architectures == (platform.machine(), "arm")
    mapped = {
        "defaultAction": "SCMP_ACT_ALLOW",
        "archMap": [
            {"architecture": own, "subArchitectures": ["SCMP_ARCH_X32"]},
            {"architecture": "SCMP_ARCH_S390X", "subArchitectures": ["SCMP_ARCH_S390"]},
        ],
    }
    assert parse(mapped).architectures == (platform.machine(), "x32")


@pytest.mark.parametrize("text", ["{}", "null", '{"syscalls": []}', '{"syscalls": null}'])
def test_an_empty_profile_is_no_filter(text: str) -> None:
    assert parse_profile(text, ALL) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "3",
        '{"defaultAction": 3}',
        '{"syscalls": [null]}',
        "[" * 100_000,
        json.dumps({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": "mkdir"}]}),
        json.dumps(
            {
                "defaultAction": "SCMP_ACT_ALLOW",
                "syscalls": [
                    {
                        "names": ["mkdir"],
                        "action": "SCMP_ACT_ERRNO",
                        "args": [{"index": 0, "value": -1, "op": "SCMP_CMP_EQ"}],
                    }
                ],
            }
        ),
        json.dumps(
            {
                "defaultAction": "SCMP_ACT_ALLOW",
                "syscalls": [
                    {
                        "names": ["mkdir"],
                        "action": "SCMP_ACT_ERRNO",
                        "includes": {"minKernel": "new"},
                    }
                ],
            }
        ),
    ],
)
def test_what_is_no_profile_is_told_so(text: str) -> None:
    with pytest.raises(ServerError, match=r"^Decoding seccomp profile failed: "):
        parse_profile(text, ALL)


_TEXTS = st.sampled_from(
    ["SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_CMP_EQ", "mkdir", "CAP_KILL", ""]
)
_ENTRY = ["names", "name", "action", "args", "index", "value", "op", "errnoRet"]
_WHEN = ["includes", "excludes", "caps", "arches", "minKernel"]
_KEYS = st.sampled_from(["defaultAction", "syscalls", "architectures", *_ENTRY, *_WHEN])
_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=6),
    max_leaves=30,
)


@given(_ANY)
def test_whatever_is_given_becomes_a_profile_or_an_error(body: object) -> None:
    try:
        found = parse_profile(json.dumps(body), 0)
    except ServerError:
        return
    assert found is None or isinstance(found, Profile)


def count_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.skipif(not SeccompFilters().is_available, reason="needs libseccomp")
def test_a_program_of_a_profile_is_made_once_and_of_many_the_last_are_kept() -> None:
    filters = SeccompFilters()
    before = count_descriptors()

    def find(number: int) -> int | None:
        entry = {"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "errnoRet": number}
        body = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [entry]}
        return filters.find(0, profile=json.dumps(body))

    try:
        assert find(1) == find(1)
        for number in range(2, KEPT + 10):
            assert find(number) is not None
            assert find(1) == find(1)
        assert count_descriptors() == before + KEPT
        assert filters.find(0, profile="{}") is None
    finally:
        filters.close()
    assert count_descriptors() == before

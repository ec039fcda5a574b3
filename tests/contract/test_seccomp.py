"""Profiles of one's own: what they refuse, to whom, and what is wrong with some."""

from __future__ import annotations

import json
import platform
from typing import Any

import pytest

from pausedemo.errors import EngineError
from tests.contract.conftest import Maker
from tests.contract.test_life import wait_for_end

pytestmark = pytest.mark.differs(
    ("podman", "its server takes the name of a file on its machine, and no content")
)

ALLOW: dict[str, Any] = {"defaultAction": "SCMP_ACT_ALLOW"}
MAKE_FOLDERS = ["mkdir", "mkdirat"]


@pytest.fixture(autouse=True)
def filters(make: Maker) -> None:
    if run(make, None, "sed -n s/^Seccomp:.//p /proc/self/status")[1] != "2\n":
        pytest.skip("this engine has no filters of system calls")


def run(make: Maker, profile: object, script: str, **more: object) -> tuple[int, str]:
    """How a shell ends in a container under a profile, and what it says."""
    if profile is not None:
        more["security_options"] = (f"seccomp={json.dumps(profile)}",)
    argv = ["sh", "-c", f"{{ {script}; }} 2>&1"]
    done = make.engine.exec(make.run(**more), argv, timeout_s=60)
    return done.exit_code, done.stdout.decode()


def refuse(*names: str, **more: object) -> dict[str, object]:
    return {**ALLOW, "syscalls": [{"names": names, "action": "SCMP_ACT_ERRNO", **more}]}


@pytest.mark.parametrize(
    ("more", "said"),
    [({}, "Operation not permitted"), ({"errnoRet": 28}, "No space left on device")],
)
def test_a_call_is_refused_with_the_errno_that_was_named(
    make: Maker, more: dict[str, int], said: str
) -> None:
    profile = refuse(*MAKE_FOLDERS, "a_call_that_nobody_has", **more)
    assert run(make, profile, "mkdir /tmp/x; echo goes on > /tmp/y; cat /tmp/y") == (
        0,
        f"mkdir: can't create directory '/tmp/x': {said}\ngoes on\n",
    )


def test_a_call_may_end_its_process(make: Maker) -> None:
    profile = {**ALLOW, "syscalls": [{"names": MAKE_FOLDERS, "action": "SCMP_ACT_KILL_PROCESS"}]}
    code, said = run(make, profile, "mkdir /tmp/x; echo $?")
    assert (code, said.split()[-1]) == (0, "159")  # SIGSYS


def test_the_main_process_is_filtered_as_well(make: Maker) -> None:
    text = json.dumps(refuse(*MAKE_FOLDERS))
    container = make.run("mkdir", "/tmp/x", security_options=(f"seccomp={text}",))
    assert wait_for_end(make, container).exit_code == 1
    assert b"Operation not permitted" in make.engine.read_logs(container)[1]


@pytest.mark.parametrize(
    ("argument", "refused"),
    [
        ({"index": 1, "value": 0o700, "op": "SCMP_CMP_EQ"}, {"700"}),
        ({"index": 1, "value": 0o700, "op": "SCMP_CMP_NE"}, {"711", "755"}),
        ({"index": 1, "value": 0o711, "op": "SCMP_CMP_GE"}, {"711", "755"}),
        ({"index": 1, "value": 0o711, "op": "SCMP_CMP_LT"}, {"700"}),
        ({"index": 1, "value": 0o044, "valueTwo": 0o044, "op": "SCMP_CMP_MASKED_EQ"}, {"755"}),
    ],
)
def test_an_argument_decides(make: Maker, argument: dict[str, Any], refused: set[str]) -> None:
    # chmod's second argument is the mode; fchmodat's, which other machines have, the third.
    further = {**argument, "index": 2}
    profile = {
        **ALLOW,
        "syscalls": [
            {"names": ["chmod"], "action": "SCMP_ACT_ERRNO", "args": [argument]},
            {"names": ["fchmodat"], "action": "SCMP_ACT_ERRNO", "args": [further]},
        ],
    }
    script = "for mode in 700 711 755; do chmod $mode /tmp >/dev/null 2>&1 || echo $mode; done"
    code, said = run(make, profile, script)
    assert (code, set(said.split())) == (0, refused)


def test_of_two_conditions_on_one_argument_any_will_do(make: Maker) -> None:
    modes = [{"index": 1, "value": mode, "op": "SCMP_CMP_EQ"} for mode in (0o700, 0o711)]
    further = [{**mode, "index": 2} for mode in modes]
    profile = {
        **ALLOW,
        "syscalls": [
            {"names": ["chmod"], "action": "SCMP_ACT_ERRNO", "args": modes},
            {"names": ["fchmodat"], "action": "SCMP_ACT_ERRNO", "args": further},
        ],
    }
    script = "for mode in 700 711 755; do chmod $mode /tmp >/dev/null 2>&1 || echo $mode; done"
    assert run(make, profile, script) == (0, "700\n711\n")


@pytest.mark.parametrize(
    ("when", "added", "is_refused"),
    [
        ({"includes": {"caps": ["CAP_NET_ADMIN"]}}, (), False),
        ({"includes": {"caps": ["CAP_NET_ADMIN"]}}, ("NET_ADMIN",), True),
        ({"excludes": {"caps": ["CAP_NET_ADMIN"]}}, (), True),
        ({"excludes": {"caps": ["CAP_NET_ADMIN"]}}, ("NET_ADMIN",), False),
        ({"includes": {"arches": ["amd64", "arm64"]}}, (), True),
        ({"includes": {"arches": ["s390x"]}}, (), False),
        ({"excludes": {"arches": ["amd64", "arm64"]}}, (), False),
        ({"includes": {"minKernel": "3.0"}}, (), True),
        ({"includes": {"minKernel": "99.0"}}, (), False),
    ],
)
def test_an_entry_holds_for_some(
    make: Maker, when: dict[str, Any], added: tuple[str, ...], is_refused: bool
) -> None:
    if platform.machine() not in ("x86_64", "aarch64"):
        pytest.skip("names the architectures of x86_64 and aarch64")
    code, said = run(make, refuse(*MAKE_FOLDERS, **when), "mkdir /tmp/x || true", cap_add=added)
    assert (code, "Operation not permitted" in said) == (0, is_refused)


def test_an_empty_profile_filters_nothing(make: Maker) -> None:
    assert run(make, {}, "sed -n s/^Seccomp:.//p /proc/self/status") == (0, "0\n")


ARGUMENT = {"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}


@pytest.mark.parametrize(
    ("profile", "said"),
    [
        ("{", "Decoding seccomp profile failed: "),
        ("[]", "Decoding seccomp profile failed: "),
        ('{"syscalls": 3}', "Decoding seccomp profile failed: "),
        ("/no/file", "Decoding seccomp profile failed: "),
        ({"defaultAction": "NOPE"}, "string NOPE is not a valid action for seccomp"),
        (
            {**ALLOW, "syscalls": [{"names": ["mkdir"], "action": "WHAT"}]},
            "string WHAT is not a valid action for seccomp",
        ),
        (
            refuse("mkdir", args=[{**ARGUMENT, "op": "XX"}]),
            "string XX is not a valid operator for seccomp",
        ),
        (
            refuse("mkdir", args=[{**ARGUMENT, "index": 9}]),
            "error creating seccomp syscall condition for syscall mkdir: "
            "syscalls only have up to 6 arguments (9 given)",
        ),
        (
            {**ALLOW, "architectures": ["SCMP_ARCH_WHAT"]},
            "string SCMP_ARCH_WHAT is not a valid arch for seccomp",
        ),
        (
            refuse("mkdir", name="mkdir"),
            "'name' and 'names' were specified in the seccomp profile, use either 'name' or",
        ),
        (
            {
                **ALLOW,
                "architectures": ["SCMP_ARCH_X86_64"],
                "archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": []}],
            },
            "'architectures' and 'archMap' were specified in the seccomp profile",
        ),
    ],
)
def test_a_profile_that_cannot_be_is_refused_at_the_start(
    make: Maker, profile: object, said: str
) -> None:
    text = profile if isinstance(profile, str) else json.dumps(profile)
    container = make.create(security_options=(f"seccomp={text}",))
    with pytest.raises(EngineError) as raised:
        make.engine.start_container(container)
    assert said in str(raised.value)

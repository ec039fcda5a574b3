"""A profile that a container brings along, in Docker's JSON.

Source: moby, profiles/seccomp/seccomp_linux.go (which entries hold) and seccomp.go (the fields);
runc, libcontainer/seccomp (what an entry is to libseccomp, and the words of what is wrong).
"""

from __future__ import annotations

import errno
import json
import os
import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pausedemo.embedded.containers.capabilities import NAMES, bit
from pausedemo.embedded.containers.shapes import ANYTHING, Shape, check_shape
from pausedemo.embedded.errors import RUNTIME_FAILED, BadParameter, ServerError
from pausedemo.embedded.seccomp.library import (
    ALLOW,
    KILL_PROCESS,
    KILL_THREAD,
    LOG,
    TRAP,
    Argument,
    Operator,
    Rule,
    refuse,
    trace,
)

#: The most arguments that a call has.
MAX_ARGUMENTS: Final = 6
_PREFIX: Final = "SCMP_ARCH_"
_ACTIONS: Final = {
    "SCMP_ACT_KILL": KILL_THREAD,
    "SCMP_ACT_KILL_THREAD": KILL_THREAD,
    "SCMP_ACT_KILL_PROCESS": KILL_PROCESS,
    "SCMP_ACT_TRAP": TRAP,
    "SCMP_ACT_LOG": LOG,
    "SCMP_ACT_ALLOW": ALLOW,
}
_NUMBERED: Final = {"SCMP_ACT_ERRNO": refuse, "SCMP_ACT_TRACE": trace}
_OPERATORS: Final = {
    "SCMP_CMP_NE": Operator.NOT_EQUAL,
    "SCMP_CMP_LT": Operator.LESS,
    "SCMP_CMP_LE": Operator.LESS_EQUAL,
    "SCMP_CMP_EQ": Operator.EQUAL,
    "SCMP_CMP_GE": Operator.GREATER_EQUAL,
    "SCMP_CMP_GT": Operator.GREATER,
    "SCMP_CMP_MASKED_EQ": Operator.MASKED_EQUAL,
}
_ARCHITECTURES: Final = frozenset(
    {"X86", "X86_64", "X32", "ARM", "AARCH64", "PPC", "PPC64", "PPC64LE", "S390", "S390X"}
    | {"MIPS", "MIPS64", "MIPS64N32", "MIPSEL", "MIPSEL64", "MIPSEL64N32"}
    | {"PARISC", "PARISC64", "RISCV64"}
)
#: What this machine is called by moby in ``includes`` and ``excludes``: Go's names.
_GO_NAMES: Final = {"x86_64": "amd64", "aarch64": "arm64", "i686": "386", "armv7l": "arm"}
_WHEN: Final[Shape] = {"caps": [str], "arches": [str], "minKernel": str}
_SHAPE: Final[Shape] = {
    "defaultAction": str,
    "defaultErrnoRet": int,
    "architectures": [str],
    "archMap": [{"architecture": str, "subArchitectures": [str]}],
    "syscalls": [
        {
            "name": str,
            "names": [str],
            "action": str,
            "errnoRet": int,
            "args": [{"index": int, "value": ANYTHING, "valueTwo": ANYTHING, "op": str}],
            "includes": _WHEN,
            "excludes": _WHEN,
        }
    ],
}


@dataclass(frozen=True, slots=True)
class Profile:
    """What a container with certain capabilities is filtered by on this machine."""

    default: int
    rules: tuple[Rule, ...]
    architectures: tuple[str, ...] = ()


def parse_profile(text: str, capabilities: int) -> Profile | None:
    """The profile of ``text`` for who has those capabilities; None: an empty one, no filter.

    Raises ServerError, as dockerd does when such a container is started.
    """
    body = _decode(text)
    if body.get("architectures") and body.get("archMap"):
        raise ServerError(_either("architectures", "archMap"))
    entries = body.get("syscalls") or []
    if not body.get("defaultAction") and not entries:
        return None
    default = _action(body.get("defaultAction") or "", body.get("defaultErrnoRet"))
    rules = [rule for entry in entries for rule in _list_rules(entry, capabilities)]
    return Profile(default, tuple(rules), tuple(_list_architectures(body)))


def _decode(text: str) -> Mapping[str, Any]:
    try:
        body = json.loads(text)
        check_shape(body, _SHAPE)
    except (ValueError, RecursionError, BadParameter) as error:
        raise ServerError(f"Decoding seccomp profile failed: {error}") from error
    return body or {}


def _list_rules(entry: Mapping[str, Any], capabilities: int) -> Iterator[Rule]:
    name, names = entry.get("name"), entry.get("names") or []
    if name and names:
        raise ServerError(_either("name", "names"))
    if not _holds(entry, capabilities):
        return
    action = _action(entry.get("action") or "", entry.get("errnoRet"))
    for call in [name] if name else names:
        arguments = [_argument(one, call) for one in entry.get("args") or []]
        indices = [one.index for one in arguments]
        if len(set(indices)) == len(indices):
            yield Rule(call, action, tuple(arguments))
        else:  # two conditions on one argument: any of them will do, as runc has it
            for one in arguments:
                yield Rule(call, action, (one,))


def _holds(entry: Mapping[str, Any], capabilities: int) -> bool:
    """Whether an entry is meant for this machine, and for who has those capabilities."""
    includes, excludes = entry.get("includes") or {}, entry.get("excludes") or {}
    machine = platform.machine()
    own = _GO_NAMES.get(machine, machine)
    if own in (excludes.get("arches") or []):
        return False
    if any(_has(capabilities, one) for one in excludes.get("caps") or []):
        return False
    if excludes.get("minKernel") and _is_kernel(excludes["minKernel"]):
        return False
    if includes.get("arches") and own not in includes["arches"]:
        return False
    if not all(_has(capabilities, one) for one in includes.get("caps") or []):
        return False
    return not includes.get("minKernel") or _is_kernel(includes["minKernel"])


def _has(capabilities: int, name: str) -> bool:
    name = name.removeprefix("CAP_")
    return name in NAMES and bool(capabilities & bit(name))


def _is_kernel(wanted: str) -> bool:
    """Whether this kernel is at least that version, ``major.minor``."""
    try:
        least = tuple(map(int, wanted.split(".")))
    except ValueError:
        raise ServerError(f"Decoding seccomp profile failed: no kernel version: {wanted}") from None
    own = os.uname().release.split("-")[0].split(".")
    return tuple(int(one) for one in own if one.isdecimal()) >= least


def _action(name: str, number: int | None) -> int:
    if name in _NUMBERED:
        return _NUMBERED[name](errno.EPERM if number is None else number)
    if name not in _ACTIONS:
        raise ServerError(
            f"{RUNTIME_FAILED}: string {name} is not a valid action for seccomp: unknown"
        )
    return _ACTIONS[name]


def _argument(given: Mapping[str, Any], call: str) -> Argument:
    name, index = given.get("op") or "", given.get("index") or 0
    if name not in _OPERATORS:
        raise ServerError(
            f"{RUNTIME_FAILED}: string {name} is not a valid operator for seccomp: unknown"
        )
    if not 0 <= index < MAX_ARGUMENTS:
        raise ServerError(
            f"{RUNTIME_FAILED}: unable to start container process: error creating seccomp syscall "
            f"condition for syscall {call}: syscalls only have up to {MAX_ARGUMENTS} arguments "
            f"({index} given): unknown"
        )
    return Argument(index, _OPERATORS[name], _value(given, "value"), _value(given, "valueTwo"))


def _value(given: Mapping[str, Any], key: str) -> int:
    value = given.get(key) or 0
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 64:
        raise ServerError(f"Decoding seccomp profile failed: invalid value for {key}: {value!r}")
    return value


def _list_architectures(body: Mapping[str, Any]) -> Iterator[str]:
    """Names for libseccomp: those that are given, or that go with this machine's own."""
    names = list(body.get("architectures") or [])
    own = f"{_PREFIX}{platform.machine().upper()}"
    for entry in body.get("archMap") or []:
        if entry.get("architecture") == own:
            names += [own, *(entry.get("subArchitectures") or [])]
    for name in names:
        if name.removeprefix(_PREFIX) not in _ARCHITECTURES or not name.startswith(_PREFIX):
            raise ServerError(
                f"{RUNTIME_FAILED}: string {name} is not a valid arch for seccomp: unknown"
            )
        yield name.removeprefix(_PREFIX).lower()


def _either(one: str, other: str) -> str:
    return (
        f"'{one}' and '{other}' were specified in the seccomp profile, "
        f"use either '{one}' or '{other}'"
    )

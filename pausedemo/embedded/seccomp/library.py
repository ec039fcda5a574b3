"""libseccomp, as far as filters take it: rules in, the kernel's program out.

Source: seccomp_init(3), seccomp_rule_add(3), seccomp_export_bpf(3), <seccomp.h>.
"""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

_LIBRARY: Final = "libseccomp.so.2"
_UNKNOWN_CALL: Final = -1
#: What another rule says already, and what a call's own rule cannot say on this machine.
_HARMLESS: Final = (errno.EEXIST, errno.EDOM)

KILL_THREAD: Final = 0x00000000
KILL_PROCESS: Final = 0x80000000
TRAP: Final = 0x00030000
LOG: Final = 0x7FFC0000
ALLOW: Final = 0x7FFF0000


def refuse(number: int) -> int:
    """The action that fails with that errno; with 0 it does nothing and says that it did."""
    return 0x00050000 | number & 0xFFFF


def trace(number: int) -> int:
    """The action that asks a tracer, which gets that number."""
    return 0x7FF00000 | number & 0xFFFF


class Operator(IntEnum):
    """How an argument is compared: enum scmp_compare."""

    NOT_EQUAL = 1
    LESS = 2
    LESS_EQUAL = 3
    EQUAL = 4
    GREATER_EQUAL = 5
    GREATER = 6
    MASKED_EQUAL = 7


@dataclass(frozen=True, slots=True)
class Argument:
    """A condition on the argument at ``index``. MASKED_EQUAL: ``value`` is the mask."""

    index: int
    operator: Operator
    value: int
    second: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """What becomes of a call when all conditions hold. A call without a number here is no rule."""

    call: str
    action: int
    arguments: tuple[Argument, ...] = ()


class _Argument(ctypes.Structure):
    """struct scmp_arg_cmp."""

    _fields_ = (
        ("arg", ctypes.c_uint),
        ("op", ctypes.c_int),
        ("datum_a", ctypes.c_uint64),
        ("datum_b", ctypes.c_uint64),
    )


class Library:
    """The shared library of this machine. OSError when there is none."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(_LIBRARY, use_errno=True)
        self._library.seccomp_init.restype = ctypes.c_void_p
        self._library.seccomp_arch_resolve_name.restype = ctypes.c_uint32

    def make(self, rules: Iterable[Rule], default: int = ALLOW, more: Iterable[str] = ()) -> int:
        """Descriptor of a file in memory with the program.

        ``default``: the action of calls without a rule. ``more``: further architectures, in
        libseccomp's names. OSError when libseccomp cannot make it.
        """
        library = self._library
        context = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(default)))
        if not context:
            raise OSError(errno.EINVAL, f"libseccomp knows no action {default:#x}")
        try:
            for name in more:
                token = ctypes.c_uint32(library.seccomp_arch_resolve_name(name.encode()))
                _check(library.seccomp_arch_add(context, token), f"the architecture {name}")
            for rule in rules:
                if rule.action != default:
                    self._add(context, rule)
            program = os.memfd_create("seccomp", os.MFD_CLOEXEC)
            try:
                _check(library.seccomp_export_bpf(context, program), "its program")
            except OSError:
                os.close(program)
                raise
            return program
        finally:
            library.seccomp_release(context)

    def _add(self, context: ctypes.c_void_p, rule: Rule) -> None:
        number = self._library.seccomp_syscall_resolve_name(rule.call.encode())
        if number == _UNKNOWN_CALL:
            return
        conditions = (_Argument * len(rule.arguments))(
            *(_Argument(one.index, one.operator, one.value, one.second) for one in rule.arguments)
        )
        code = self._library.seccomp_rule_add_array(
            context, ctypes.c_uint32(rule.action), number, len(rule.arguments), conditions
        )
        _check(code, f"a rule for {rule.call}")


def _check(code: int, what: str) -> None:
    if code < 0 and -code not in _HARMLESS:
        raise OSError(-code, f"libseccomp could not make {what}: {os.strerror(-code)}")

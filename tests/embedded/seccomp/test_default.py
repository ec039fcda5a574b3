"""The filter, in processes of its own that then try what it refuses."""

from __future__ import annotations

import ctypes
import errno
import json
import os
import platform
from collections.abc import Iterator
from pathlib import Path

import pytest

from pausedemo.embedded.containers.capabilities import ALL, compute_capabilities
from pausedemo.embedded.kernel import syscalls
from pausedemo.embedded.kernel.syscalls import Prctl
from pausedemo.embedded.seccomp.default import BLOCKED, FREED
from pausedemo.embedded.seccomp.filters import SeccompFilters

DEFAULT = compute_capabilities([], [])
ADMIN = compute_capabilities(["SYS_ADMIN"], [])
NOBODY = 65534
CLONE_NEWUTS = 0x04000000
SIGCHLD = 17

#: Calls by name, each harmless when it is let through: (number on x86_64, on aarch64, arguments).
CALLS = {
    "mount": (165, 40, (0, 0, 0, 0, 0)),
    "umount2": (166, 39, (0, 0)),
    "unshare": (272, 97, (0,)),
    "setns": (308, 268, (-1, 0)),
    "keyctl": (250, 219, (-1,)),
    "bpf": (321, 280, (-1, 0, 0)),
    "io_uring_setup": (425, 425, (0, 0)),
    "personality": (135, 92, (0xFFFFFFFF,)),
    "clone": (56, 220, (CLONE_NEWUTS | SIGCHLD, 0, 0, 0, 0)),
    "clone3": (435, 435, (0, 0)),
    "ptrace": (101, 117, (-1, 0, 0, 0)),
    "getpid": (39, 172, ()),
}

pytestmark = pytest.mark.skipif(
    not SeccompFilters().is_available or platform.machine() not in ("x86_64", "aarch64"),
    reason="needs libseccomp, and knows the calls of x86_64 and aarch64",
)


@pytest.fixture
def filters() -> Iterator[SeccompFilters]:
    made = SeccompFilters()
    yield made
    made.close()


def call(name: str) -> int:
    """Make one call; the error's number, 0 when there was none."""
    on_x86, on_arm, arguments = CALLS[name]
    number = on_x86 if platform.machine() == "x86_64" else on_arm
    # Keeping the lock, as the engine's own clone does: in a new process nobody else holds it.
    libc = ctypes.PyDLL(None, use_errno=True)
    result = libc.syscall(ctypes.c_long(number), *map(ctypes.c_long, arguments))
    if name == "clone" and result == 0:
        os._exit(0)
    return ctypes.get_errno() if result < 0 else 0


def try_calls(program: int | None, *, uid: int = 0) -> dict[str, int]:
    """What each call gives in a new process under the filter, as that user."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if uid:
                syscalls.prctl(Prctl.SET_NO_NEW_PRIVS, 1)
                os.setgroups([])
                os.setresgid(uid, uid, uid)
                os.setresuid(uid, uid, uid)
            if program is not None:
                code = os.pread(program, os.fstat(program).st_size, 0)
                syscalls.install_seccomp(code)
            os.write(writing, json.dumps({name: call(name) for name in CALLS}).encode())
        except BaseException as error:  # noqa: BLE001 - the process must end here
            os.write(writing, repr(error).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        told = stream.read()
    os.waitpid(child, 0)
    results = json.loads(told)
    assert isinstance(results, dict)
    return results


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
@pytest.mark.parametrize("uid", [0, NOBODY])
def test_dangerous_calls_are_refused_whoever_makes_them(filters, uid):
    results = try_calls(filters.find(DEFAULT), uid=uid)
    refused = {name for name, code in results.items() if code == errno.EPERM}
    assert refused == set(CALLS) - {"clone3", "ptrace", "getpid"}
    # Programs then use clone, whose flags a filter can see.
    assert results["clone3"] == errno.ENOSYS
    assert results["getpid"] == 0
    # As Docker from Linux 4.8 on: asked of no such process, and let through.
    assert results["ptrace"] == errno.ESRCH


@pytest.mark.skipif(os.geteuid() != 0, reason="needs the capability itself")
def test_who_has_a_capability_may_make_its_calls_and_no_others(filters):
    free, admin = try_calls(None), try_calls(filters.find(ADMIN))
    freed = {*FREED["SYS_ADMIN"].split(), "clone3", "ptrace", "getpid"}
    assert {name: admin[name] for name in CALLS if name in freed} == {
        name: free[name] for name in CALLS if name in freed
    }
    assert {admin[name] for name in CALLS if name not in freed} == {errno.EPERM}


def test_a_thread_is_no_namespace(filters):
    program = filters.find(DEFAULT)
    assert program is not None
    child = os.fork()
    if child == 0:
        try:
            syscalls.prctl(Prctl.SET_NO_NEW_PRIVS, 1)
            syscalls.install_seccomp(os.pread(program, os.fstat(program).st_size, 0))
            inner = os.fork()
            if inner == 0:
                os._exit(7)
            os._exit(os.waitstatus_to_exitcode(os.waitpid(inner, 0)[1]))
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def test_a_program_is_made_once_for_those_who_may_do_the_same(filters):
    chown = compute_capabilities(["CHOWN"], ["ALL"])
    assert filters.find(DEFAULT) == filters.find(chown)
    assert filters.find(DEFAULT) != filters.find(ADMIN)
    assert filters.find(ADMIN) == filters.find(ADMIN)
    program = filters.find(ALL)
    assert program is not None
    assert os.fstat(program).st_size % 8 == 0  # struct sock_filter
    assert not os.get_inheritable(program)


def test_closing_gives_all_programs_back():
    before = len(list(Path("/proc/self/fd").iterdir()))
    filters = SeccompFilters()
    filters.find(DEFAULT)
    filters.find(ADMIN)
    filters.close()
    filters.close()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_what_a_capability_frees_is_blocked_without_it():
    freed = {name for names in FREED.values() for name in names.split()} - {"clone"}
    assert freed <= set(BLOCKED)
    assert len(BLOCKED) == len(set(BLOCKED))

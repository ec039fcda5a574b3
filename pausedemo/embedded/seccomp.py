"""The filter that keeps containers from the kernel's more dangerous calls.

libseccomp makes the program, where it is installed; every container installs it. What is refused
follows the list in Docker's own documentation ("Seccomp security profiles for Docker",
significant syscalls blocked by the default profile).
"""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Sequence
from typing import Final

from pausedemo.embedded.containers.capabilities import bit

_ALLOW: Final = 0x7FFF0000
_ERRNO: Final = 0x00050000
_LIBRARY: Final = "libseccomp.so.2"
_EQUAL: Final = 4
_MASKED_EQUAL: Final = 7
#: Sockets to the hypervisor, which no network namespace keeps apart.
_AF_VSOCK: Final = 40
_UNCONFINED: Final = -1

BLOCKED: Final = [
    "acct",
    "add_key",
    "bpf",
    "clock_adjtime",
    "clock_settime",
    "create_module",
    "delete_module",
    "finit_module",
    "fanotify_init",
    "fsconfig",
    "fsmount",
    "fsopen",
    "fspick",
    "get_kernel_syms",
    "init_module",
    "io_uring_enter",
    "io_uring_register",
    "io_uring_setup",
    "ioperm",
    "iopl",
    "kcmp",
    "kexec_file_load",
    "kexec_load",
    "keyctl",
    "lookup_dcookie",
    "mbind",
    "mount",
    "mount_setattr",
    "move_mount",
    "move_pages",
    "nfsservctl",
    "open_by_handle_at",
    "open_tree",
    "open_tree_attr",
    "perf_event_open",
    "personality",
    "pidfd_getfd",
    "pivot_root",
    "process_vm_readv",
    "process_vm_writev",
    "ptrace",
    "query_module",
    "quotactl",
    "quotactl_fd",
    "reboot",
    "request_key",
    "set_mempolicy",
    "setns",
    "settimeofday",
    "stime",
    "swapoff",
    "swapon",
    "sysfs",
    "syslog",
    "_sysctl",
    "umount",
    "umount2",
    "unshare",
    "uselib",
    "userfaultfd",
    "ustat",
    "vm86",
    "vm86old",
]
#: Where one id is all there is, these do nothing and say that they did: programs that give files
#: or themselves to another user (nginx, package managers) then run as the one user there is.
#: Charliecloud does the same ("zero-consistency root emulation").
PRETENDED: Final = [
    "chown",
    "chown32",
    "fchown",
    "fchown32",
    "fchownat",
    "lchown",
    "lchown32",
    "setfsgid",
    "setfsgid32",
    "setfsuid",
    "setfsuid32",
    "setgid",
    "setgid32",
    "setgroups",
    "setgroups32",
    "setregid",
    "setregid32",
    "setresgid",
    "setresgid32",
    "setresuid",
    "setresuid32",
    "setreuid",
    "setreuid32",
    "setuid",
    "setuid32",
]
#: By capability: who has it may make these calls.
FREED: Final = {
    "SYS_ADMIN": (
        "bpf fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie mount mount_setattr "
        "move_mount open_tree open_tree_attr perf_event_open quotactl quotactl_fd setns umount "
        "umount2 unshare clone"
    ),
    "SYS_PTRACE": "kcmp pidfd_getfd process_vm_readv process_vm_writev ptrace",
    "SYS_MODULE": "delete_module finit_module init_module",
    "SYS_TIME": "clock_adjtime clock_settime settimeofday stime",
    "SYS_NICE": "mbind move_pages set_mempolicy",
    "SYS_BOOT": "kexec_file_load kexec_load reboot",
    "SYS_RAWIO": "ioperm iopl",
    "SYS_PACCT": "acct",
    "SYSLOG": "syslog",
    "DAC_READ_SEARCH": "open_by_handle_at",
}
#: Docker allows these from Linux 4.8 on, where the filter is asked before the tracer.
_ALLOWED: Final = frozenset({"ptrace", "process_vm_readv", "process_vm_writev"})
#: CLONE_NEW* bits that a plain container's clone may not have: all but CLONE_NEWTIME's.
_NEW_NAMESPACES: Final = (
    0x00020000,
    0x02000000,
    0x04000000,
    0x08000000,
    0x10000000,
    0x20000000,
    0x40000000,
)


class _Argument(ctypes.Structure):
    """struct scmp_arg_cmp of <seccomp.h>."""

    _fields_ = (
        ("arg", ctypes.c_uint),
        ("op", ctypes.c_int),
        ("datum_a", ctypes.c_uint64),
        ("datum_b", ctypes.c_uint64),
    )


class SeccompFilters:
    """Programs by capabilities, each made once. ``single_id``: see ``PRETENDED``."""

    def __init__(self, *, single_id: bool = False) -> None:
        self._pretended = PRETENDED if single_id else []
        self._made: dict[int, int] = {}
        try:
            self._library: ctypes.CDLL | None = ctypes.CDLL(_LIBRARY, use_errno=True)
        except OSError:
            self._library = None

    @property
    def is_available(self) -> bool:
        """Whether libseccomp is here."""
        return self._library is not None

    def find(self, capabilities: int, *, confined: bool = True) -> int | None:
        """Descriptor of the program for who has those capabilities; None without libseccomp.

        Who is not ``confined`` needs one for what is pretended only.
        """
        if self._library is None or not (confined or self._pretended):
            return None
        if not confined:
            if _UNCONFINED not in self._made:
                self._made[_UNCONFINED] = _make(self._library, [], self._pretended)
            return self._made[_UNCONFINED]
        freed = _ALLOWED.union(
            *(calls.split() for name, calls in FREED.items() if capabilities & bit(name))
        )
        key = sum(bit(name) for name in FREED) & capabilities
        if key not in self._made:
            blocked = [name for name in BLOCKED if name not in freed]
            if "clone" not in freed:
                blocked.append("clone")
            self._made[key] = _make(self._library, blocked, self._pretended)
        return self._made[key]

    def close(self) -> None:
        """Give the descriptors back."""
        for descriptor in self._made.values():
            os.close(descriptor)
        self._made.clear()


def _make(library: ctypes.CDLL, blocked: Sequence[str], pretended: Sequence[str]) -> int:
    library.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(_ALLOW)))
    refusal = ctypes.c_uint32(_ERRNO | errno.EPERM)
    try:
        for names, answer in ((blocked, refusal), (pretended, ctypes.c_uint32(_ERRNO))):
            for name in names:
                number = library.seccomp_syscall_resolve_name(name.encode())
                if number >= 0 and name != "clone":
                    library.seccomp_rule_add(context, answer, number, 0)
        if blocked:
            number = library.seccomp_syscall_resolve_name(b"socket")
            rule = _Argument(0, _EQUAL, _AF_VSOCK, 0)
            library.seccomp_rule_add_array(context, refusal, number, 1, ctypes.byref(rule))
        if "clone" in blocked:
            number = library.seccomp_syscall_resolve_name(b"clone")
            for flag in _NEW_NAMESPACES:
                rule = _Argument(0, _MASKED_EQUAL, flag, flag)
                library.seccomp_rule_add_array(context, refusal, number, 1, ctypes.byref(rule))
            # clone3 hides its flags from a filter; programs fall back to clone without it.
            missing = ctypes.c_uint32(_ERRNO | errno.ENOSYS)
            number = library.seccomp_syscall_resolve_name(b"clone3")
            if number >= 0:
                library.seccomp_rule_add(context, missing, number, 0)
        program = os.memfd_create("seccomp", os.MFD_CLOEXEC)
        if library.seccomp_export_bpf(context, program) < 0:
            os.close(program)
            raise OSError("libseccomp could not write its program")
        return program
    finally:
        library.seccomp_release(context)

"""The rules that keep containers from the kernel's more dangerous calls.

What is refused follows the list in Docker's own documentation ("Seccomp security profiles for
Docker", significant syscalls blocked by the default profile).
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from typing import Final

from pausedemo.embedded.containers.capabilities import bit
from pausedemo.embedded.seccomp.library import Argument, Operator, Rule, refuse

#: Sockets to the hypervisor, which no network namespace keeps apart.
_AF_VSOCK: Final = 40

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


def list_default_rules(capabilities: int) -> Iterator[Rule]:
    """What who has those capabilities is refused; all else is allowed."""
    freed = _ALLOWED.union(
        *(calls.split() for name, calls in FREED.items() if capabilities & bit(name))
    )
    refusal = refuse(errno.EPERM)
    for name in BLOCKED:
        if name not in freed:
            yield Rule(name, refusal)
    yield Rule("socket", refusal, (Argument(0, Operator.EQUAL, _AF_VSOCK),))
    if "clone" not in freed:
        for flag in _NEW_NAMESPACES:
            yield Rule("clone", refusal, (Argument(0, Operator.MASKED_EQUAL, flag, flag),))
        # clone3 hides its flags from a filter; programs fall back to clone without it.
        yield Rule("clone3", refuse(errno.ENOSYS))


def choose_freeing(capabilities: int) -> int:
    """Those of the capabilities by which the rules differ."""
    return sum(bit(name) for name in FREED) & capabilities


def list_pretended_rules() -> Iterator[Rule]:
    """What does nothing, and says that it did."""
    for name in PRETENDED:
        yield Rule(name, refuse(0))

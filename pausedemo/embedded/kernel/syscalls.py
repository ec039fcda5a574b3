"""The system calls under a container, thin: numbers in, OSError out.

Nothing else of the engine uses ctypes; what stands above speaks to the kernel through these
functions only. Numbers are those of x86_64 and aarch64; since Linux 5.0 new calls have the same
number everywhere (include/uapi/asm-generic/unistd.h).
"""

from __future__ import annotations

import array
import ctypes
import errno
import os
import struct
from collections.abc import Mapping, Sequence
from enum import IntEnum, IntFlag
from typing import Final


class Namespace(IntFlag):
    """CLONE_NEW* of <sched.h>: what clone, unshare and setns make or join."""

    MOUNT = 0x00020000
    CGROUP = 0x02000000
    UTS = 0x04000000
    IPC = 0x08000000
    USER = 0x10000000
    PID = 0x20000000
    NETWORK = 0x40000000


class MountFlag(IntFlag):
    """MS_* of <sys/mount.h>."""

    READ_ONLY = 0x1
    NO_SUID = 0x2
    NO_DEV = 0x4
    NO_EXEC = 0x8
    REMOUNT = 0x20
    BIND = 0x1000
    RECURSIVE = 0x4000
    PRIVATE = 0x40000
    SLAVE = 0x80000
    SHARED = 0x100000
    RELATIME = 0x200000
    STRICT_ATIME = 0x1000000


class Prctl(IntEnum):
    """PR_* of <sys/prctl.h>."""

    SET_PDEATHSIG = 1
    SET_SECCOMP = 22
    CAPBSET_READ = 23
    CAPBSET_DROP = 24
    SET_CHILD_SUBREAPER = 36
    SET_NO_NEW_PRIVS = 38
    CAP_AMBIENT = 47


#: The new process becomes the caller's sibling: clone(2).
CLONE_PARENT: Final = 0x00008000
MNT_DETACH: Final = 2
SIGCHLD: Final = 17
AT_FDCWD: Final = -100
AT_EMPTY_PATH: Final = 0x1000
AT_RECURSIVE: Final = 0x8000
O_PATH: Final = 0o10000000
RESOLVE_NO_XDEV: Final = 0x01
RESOLVE_NO_MAGICLINKS: Final = 0x02
RESOLVE_BENEATH: Final = 0x08
OPEN_TREE_CLONE: Final = 1
OPEN_TREE_CLOEXEC: Final = 0o2000000
MOVE_MOUNT_F_EMPTY_PATH: Final = 0x4
MOUNT_ATTR_RDONLY: Final = 0x1
MOUNT_ATTR_NOSUID: Final = 0x2
MOUNT_ATTR_NODEV: Final = 0x4
MOUNT_ATTR_NOEXEC: Final = 0x8
PR_CAP_AMBIENT_CLEAR_ALL: Final = 4
SECCOMP_MODE_FILTER: Final = 2
LINUX_CAPABILITY_VERSION_3: Final = 0x20080522
LAST_CAPABILITY: Final = 40

_NUMBERS: Final = {
    "x86_64": {"rt_sigaction": 13, "clone": 56, "capset": 126, "pivot_root": 155},
    "aarch64": {"rt_sigaction": 134, "clone": 220, "capset": 91, "pivot_root": 41},
}
_OPENAT2: Final = 437
# SETSIGDEF, SETSIGMASK and SETSID of <spawn.h>; more bytes than its structures have anywhere.
_SPAWN_FLAGS: Final = 0x04 | 0x08 | 0x80
_SPAWN_ATTRIBUTES_BYTES: Final = 512
_SIGNAL_SET_BYTES: Final = 128
_OPEN_TREE: Final = 428
_MOVE_MOUNT: Final = 429
_MOUNT_SETATTR: Final = 442

_libc = ctypes.CDLL(None, use_errno=True)
# Said once, plain numbers need no wrapping at each call: a container's start makes a hundred.
_libc.mount.argtypes = (
    ctypes.c_char_p,
    ctypes.c_char_p,
    ctypes.c_char_p,
    ctypes.c_ulong,
    ctypes.c_char_p,
)
_libc.prctl.argtypes = (ctypes.c_int, *[ctypes.c_ulong] * 4)
#: Calls through this keep the interpreter's lock: a child of clone has no other thread to take
#: it back from.
_holding = ctypes.PyDLL(None, use_errno=True)


def _number(name: str) -> int:
    machine = os.uname().machine
    try:
        return _NUMBERS[machine][name]
    except KeyError:
        raise OSError(f"no containers on {machine}: x86_64 and aarch64 are known") from None


def _check(result: int, what: str | None = None) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), what)
    return result


def clone(flags: int) -> int:
    """Fork into new namespaces: the child's process id, 0 in the child.

    The caller must have one thread only. See clone(2); the stack is shared copy-on-write, as
    with fork.
    """
    zero = ctypes.c_long(0)
    number = ctypes.c_long(_number("clone"))
    return _check(
        int(_holding.syscall(number, ctypes.c_long(flags | SIGCHLD), zero, zero, zero, zero))
    )


def spawn(path: str, argv: Sequence[str], env: Mapping[str, str]) -> int:
    """Start a program in a session of its own with no signal ignored or blocked: its process id.

    By posix_spawn(3), which copies no memory and returns when the program runs. Not by os's: the C
    library lets its two signals be ignored when not told by a set that it would not make itself.
    """
    attributes = ctypes.create_string_buffer(_SPAWN_ATTRIBUTES_BYTES)
    _libc.posix_spawnattr_init(attributes)
    _libc.posix_spawnattr_setflags(attributes, ctypes.c_short(_SPAWN_FLAGS))
    _libc.posix_spawnattr_setsigdefault(attributes, b"\xff" * _SIGNAL_SET_BYTES)
    _libc.posix_spawnattr_setsigmask(attributes, b"\0" * _SIGNAL_SET_BYTES)
    words = [os.fsencode(one) for one in argv]
    entries = [os.fsencode(f"{name}={value}") for name, value in env.items()]
    pid = ctypes.c_int()
    code = _libc.posix_spawn(
        ctypes.byref(pid),
        os.fsencode(path),
        None,
        attributes,
        (ctypes.c_char_p * (len(words) + 1))(*words, None),
        (ctypes.c_char_p * (len(entries) + 1))(*entries, None),
    )
    if code:
        raise OSError(code, os.strerror(code), path)
    return pid.value


def setns(descriptor: int, flags: int) -> None:
    """Join the namespaces of a namespace file, or those of a pidfd that ``flags`` names."""
    _check(_libc.setns(descriptor, flags))


def unshare(flags: int) -> None:
    """Leave the namespaces that ``flags`` names for new ones."""
    _check(_libc.unshare(flags))


def mount(
    source: str | None, target: str, kind: str | None = None, flags: int = 0, data: str = ""
) -> None:
    """Mount a file system, with ``data`` shorter than a page.

    See mount(2).
    """
    _check(
        _libc.mount(
            source.encode() if source is not None else None,
            target.encode(),
            kind.encode() if kind is not None else None,
            flags,
            data.encode() or None,
        ),
        target,
    )


def unmount(target: str, flags: int = MNT_DETACH) -> None:
    """Take a mount away: umount2(2)."""
    _check(_libc.umount2(target.encode(), flags), target)


def pivot_root(new_root: str, put_old: str) -> None:
    """Make another folder the root; ``"."`` twice stacks the old one over it.

    See pivot_root(2).
    """
    number = ctypes.c_long(_number("pivot_root"))
    _check(_libc.syscall(number, new_root.encode(), put_old.encode()))


def open_tree(path: str, *, recursive: bool, folder: int = AT_FDCWD) -> int:
    """A descriptor of a detached copy of the mount at ``path``, as a bind mount would make.

    An empty ``path``: of what the descriptor ``folder`` is.
    """
    flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (AT_RECURSIVE if recursive else 0)
    flags |= 0 if path else AT_EMPTY_PATH
    return _check(int(_libc.syscall(ctypes.c_long(_OPEN_TREE), folder, path.encode(), flags)), path)


def open_beneath(folder: int, path: str, flags: int = O_PATH, resolve: int = 0) -> int:
    """A descriptor of what is at ``path`` below a folder.

    No link leads out, whoever lays one meanwhile: OSError EXDEV then. ``resolve``: further
    RESOLVE_* bits. See openat2(2).
    """
    resolve |= RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS
    how = struct.pack("=QQQ", flags | os.O_CLOEXEC, 0, resolve)
    number = ctypes.c_long(_OPENAT2)
    size = ctypes.c_size_t(len(how))
    return _check(int(_libc.syscall(number, folder, path.encode(), how, size)), path)


def move_mount(tree: int, target: str) -> None:
    """Attach what ``open_tree`` gave at ``target``."""
    number = ctypes.c_long(_MOVE_MOUNT)
    flags = MOVE_MOUNT_F_EMPTY_PATH
    _check(_libc.syscall(number, tree, b"", AT_FDCWD, target.encode(), flags), target)


def set_tree_attributes(
    tree: int, attributes: int, *, recursive: bool, propagation: int = 0
) -> None:
    """Add MOUNT_ATTR_* to a tree that is not attached yet: mount_setattr(2).

    ``propagation``: MS_PRIVATE, MS_SLAVE or MS_SHARED, 0: as it is.
    """
    argument = struct.pack("=QQQQ", attributes, 0, propagation, 0)
    flags = AT_EMPTY_PATH | (AT_RECURSIVE if recursive else 0)
    number = ctypes.c_long(_MOUNT_SETATTR)
    _check(_libc.syscall(number, tree, b"", flags, argument, len(argument)))


def read_bounding_set() -> int:
    """The bits of the capabilities that this process and its children can ever have."""
    found = 0
    for number in range(LAST_CAPABILITY + 1):
        try:
            found |= prctl(Prctl.CAPBSET_READ, number) << number
        except OSError as error:
            if error.errno == errno.EINVAL:  # the kernel does not know so many
                break
            raise
    return found


def prctl(operation: Prctl, *arguments: int) -> int:
    """Change this process; all arguments are unsigned long.

    See prctl(2).
    """
    first, second, third, fourth = (*arguments, 0, 0, 0, 0)[:4]
    return _check(_libc.prctl(operation, first, second, third, fourth))


def reset_signal(number: int) -> None:
    """Let a signal do what it does by default.

    For those that the C library keeps to itself, 32 and 33: they may be ignored from before.
    """
    # A struct sigaction of the kernel, all zero: SIG_DFL, no flags, no mask.
    action = b"\0" * 32
    call = ctypes.c_long(_number("rt_sigaction"))
    _check(_libc.syscall(call, number, action, None, ctypes.c_size_t(8)))


def set_hostname(name: str) -> None:
    """sethostname(2), in the caller's UTS namespace."""
    raw = name.encode()
    _check(_libc.sethostname(raw, len(raw)))


def set_domainname(name: str) -> None:
    """setdomainname(2), in the caller's UTS namespace."""
    raw = name.encode()
    _check(_libc.setdomainname(raw, len(raw)))


def set_capabilities(capabilities: int, inheritable: int = 0) -> None:
    """Permitted and effective become the bits of ``capabilities``: capset(2)."""
    header = struct.pack("=Ii", LINUX_CAPABILITY_VERSION_3, 0)
    low, high = capabilities & 0xFFFFFFFF, capabilities >> 32
    held, held_high = inheritable & 0xFFFFFFFF, inheritable >> 32
    data = struct.pack("=IIIIII", low, low, held, high, high, held_high)
    number = ctypes.c_long(_number("capset"))
    _check(_libc.syscall(number, header, data))


def install_seccomp(program: bytes) -> None:
    """Filter the caller's system calls by a BPF program (8 bytes an instruction)."""
    # Arrays, whose addresses ctypes need not be asked for: it would make a type for each size.
    code = array.array("B", program)
    filters = array.array("B", struct.pack("=HxxxxxxQ", len(program) // 8, code.buffer_info()[0]))
    prctl(Prctl.SET_SECCOMP, SECCOMP_MODE_FILTER, filters.buffer_info()[0])

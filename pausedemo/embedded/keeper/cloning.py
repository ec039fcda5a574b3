"""Clones a process into a PID namespace that is there, from inside a user namespace or not."""

from __future__ import annotations

import contextlib
import errno
import os

from pausedemo.embedded.kernel import syscalls
from pausedemo.embedded.kernel.syscalls import Namespace


class Cloner:
    """Makes children of the calling process, which must have one thread."""

    def __init__(self) -> None:
        self._own = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
        self._may_return = _may_join(self._own)

    def clone_inside(self, flags: int, pidfd: int) -> int:
        """Clone into the PID namespace of ``pidfd``: the child's process id, 0 in the child."""
        if not self._may_return:
            return _clone_by_middle(flags, pidfd)
        syscalls.setns(pidfd, Namespace.PID)
        try:
            return syscalls.clone(flags)
        finally:
            # The child need not care: what it forks is in its own PID namespace either way.
            with contextlib.suppress(OSError):
                syscalls.setns(self._own, Namespace.PID)


def _may_join(pid_namespace: int) -> bool:
    """In a user namespace nobody may go back to the node's PID namespace once he has left it."""
    try:
        syscalls.setns(pid_namespace, Namespace.PID)
    except PermissionError:
        return False
    return True


def _clone_by_middle(flags: int, pidfd: int) -> int:
    """Clone into the PID namespace of ``pidfd`` by a process that stays in it and ends.

    What it clones is its sibling, and so the keeper's child, as runc does it (nsexec.c).
    """
    reading, writing = os.pipe2(os.O_CLOEXEC)
    try:
        middle = syscalls.clone(0)
        if middle == 0:
            told = b""
            try:
                syscalls.setns(pidfd, Namespace.PID)
                pid = syscalls.clone(flags | syscalls.CLONE_PARENT)
                if pid == 0:
                    return 0
                told = str(pid).encode()
            except OSError as error:
                told = str(-(error.errno or errno.EIO)).encode()
            finally:
                if told:
                    os.write(writing, told)
                    os._exit(0)
        os.waitpid(middle, 0)
        pid = int(os.read(reading, 32))
    finally:
        os.close(reading)
        os.close(writing)
    if pid < 0:
        raise OSError(-pid, os.strerror(-pid))
    return pid

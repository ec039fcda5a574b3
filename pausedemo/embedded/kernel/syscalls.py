"""The system calls under a container, thin: numbers in, OSError out.

Nothing else of the engine uses ctypes; what stands above speaks to the kernel through these
functions only.
"""

from __future__ import annotations

import ctypes
import os
from enum import IntFlag


class Namespace(IntFlag):
    """CLONE_NEW* of <sched.h>: what clone, unshare and setns make or join."""

    NETWORK = 0x40000000


_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str | None = None) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), what)
    return result


def setns(descriptor: int, flags: int) -> None:
    """Join the namespaces of a namespace file, or those of a pidfd that ``flags`` names."""
    _check(_libc.setns(descriptor, flags))


def unshare(flags: int) -> None:
    """Leave the namespaces that ``flags`` names for new ones."""
    _check(_libc.unshare(flags))

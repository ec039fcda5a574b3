"""The machine in the words of Docker's ``info``."""

from __future__ import annotations

import os
import platform
import socket
from contextlib import suppress


def describe_host() -> dict[str, object]:
    """The parts of Docker's ``info`` that are about the machine."""
    system = os.uname()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "Name": socket.gethostname(),
        "KernelVersion": system.release,
        "Architecture": system.machine,
        "OSType": "linux",
        "OperatingSystem": read_os_name(),
        "NCPU": os.cpu_count() or 1,
        "MemTotal": memory,
    }


def read_os_name() -> str:
    """The distribution's own name for itself."""
    with suppress(OSError):
        return platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
    return "Linux"

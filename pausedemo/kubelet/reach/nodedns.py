"""What the engine's machine resolves names by, where that can be read: when it is this one."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Final

from pausedemo.kubelet.translate import NodeDNS, parse_resolv_conf

#: The usual file, and the one with the real servers where systemd-resolved answers on loopback.
#: Source: moby, libnetwork/resolvconf.Path.
FILES: Final = (Path("/etc/resolv.conf"), Path("/run/systemd/resolve/resolv.conf"))


def find_node_dns(url: str, files: tuple[Path, ...] = FILES) -> NodeDNS | None:
    """The machine's own, of an engine at ``url``; None when that is not known.

    An engine behind a Unix socket is taken for one on this machine.
    """
    if not url.startswith("unix://"):
        return None
    for file in files:
        with contextlib.suppress(OSError, UnicodeDecodeError):
            found = parse_resolv_conf(file.read_text())
            if found.nameservers:
                return found
    return None

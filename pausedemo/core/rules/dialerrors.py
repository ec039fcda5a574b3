"""Why a port was not reached, in Go's words, which the kubelet's events show."""

from __future__ import annotations

import errno
from typing import Final

from pausedemo.errors import PausedemoError

#: As Go's syscall package writes them (zerrors_linux_amd64.go): as strerror(3), in small letters.
_WORDS: Final = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection reset by peer",
    errno.EHOSTUNREACH: "no route to host",
    errno.ENETUNREACH: "network is unreachable",
    errno.ETIMEDOUT: "connection timed out",
    errno.EACCES: "permission denied",
    errno.EPERM: "operation not permitted",
    errno.EINVAL: "invalid argument",
    errno.EADDRNOTAVAIL: "cannot assign requested address",
}


class DialError(PausedemoError):
    """A port could not be reached: ``dial tcp 10.88.0.2:80: connect: connection refused``."""


def join_host_port(host: str, port: int) -> str:
    """``10.88.0.2:80``; an IPv6 address goes into brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def render_dial_error(number: int | None, host: str, port: int, kind: str) -> str:
    """What Go says of a failed dial. ``kind``: ``connect`` with an errno, ``timeout``, ``lookup``.

    Source: Error of OpError, DNSError and SyscallError in Go's packages net and os.
    """
    if kind == "timeout":
        return f"dial tcp {join_host_port(host, port)}: i/o timeout"
    if kind == "lookup":
        return f"dial tcp: lookup {host}: no such host"
    why = _WORDS.get(number or 0, f"errno {number}")
    return f"dial tcp {join_host_port(host, port)}: connect: {why}"


def parse_nc_error(text: str, host: str, port: int) -> str:
    """The same from what busybox's nc says: ``nc: can't connect to remote host (...): ...``.

    It is killed without a word when it had no answer at all.
    """
    said = text.strip().rpartition("\n")[2]
    if "bad address" in said:
        return render_dial_error(None, host, port, "lookup")
    if not said or "timed out" in said:
        return render_dial_error(None, host, port, "timeout")
    why = said.rpartition(": ")[2].lower()
    return f"dial tcp {join_host_port(host, port)}: connect: {why}"

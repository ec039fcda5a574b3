"""Publishes a sandbox's ports in the host's namespace."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from collections.abc import Iterable, Mapping

from pausedemo.embedded.errors import BadParameter, NotSupported, ServerError
from pausedemo.embedded.network.model import Endpoint, Port, Sandbox
from pausedemo.embedded.network.proxy import Dial, TcpProxy, UdpProxy, listen

# net.Listen's words for an error, as dockerd prints them: Go's syscall table, in lower case.
_NO_SUCH_FAMILY = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


def parse_port(text: str) -> tuple[int, str]:
    """``8080/tcp`` as 8080 and tcp; no protocol is tcp. Raises BadParameter, NotSupported."""
    number, _, protocol = text.partition("/")
    if not number.isdecimal() or not 0 < int(number) < 1 << 16:
        raise BadParameter(f"invalid port specification: {text!r}")
    if protocol == "sctp":
        raise NotSupported("sctp ports cannot be published: the proxy carries tcp and udp")
    if protocol not in ("", "tcp", "udp"):
        raise BadParameter(f"invalid port specification: {text!r}")
    return int(number), protocol or "tcp"


class Publisher:
    """Opens ports with proxies behind them."""

    def __init__(self, dial: Dial) -> None:
        self._dial = dial

    async def publish(
        self,
        sandbox: Sandbox,
        endpoint: Endpoint,
        wanted: Mapping[str, Iterable[Port]],
        others: Iterable[Sandbox],
    ) -> dict[str, list[tuple[str, int]]]:
        """Open all ports or none; the real ones, which last until the sandbox's servers close.

        ``others`` are the engine's sandboxes, to tell its own ports from foreign ones.
        Raises ServerError in dockerd's words.
        """
        opened: dict[str, list[tuple[str, int]]] = {}
        with contextlib.ExitStack() as undo:
            for text, places in wanted.items():
                inside, protocol = parse_port(text)
                key = f"{inside}/{protocol}"
                for host, port in places:
                    try:
                        listeners = _listen_all(protocol, host, port or 0)
                    except OSError as error:
                        reason = _explain(error, protocol, host, port or 0, others)
                        raise ServerError(
                            "driver failed programming external connectivity on endpoint "
                            f"{sandbox.name} ({endpoint.endpoint_id}): {reason}"
                        ) from error
                    for listener in listeners:
                        undo.callback(listener.close)
                    for listener in listeners:
                        address = listener.getsockname()[:2]
                        kind = TcpProxy if protocol == "tcp" else UdpProxy
                        proxy = kind((endpoint.ip, inside), self._dial)
                        undo.callback(proxy.close)
                        await proxy.start(listener)
                        opened.setdefault(key, []).append(address)
                        sandbox.servers.append(proxy)
            undo.pop_all()
        for key, places_opened in opened.items():
            sandbox.ports.setdefault(key, []).extend(places_opened)
        return opened


def _listen_all(protocol: str, host: str, port: int) -> list[socket.socket]:
    """One listener, or for the host "" one for IPv4 and one for IPv6 with the same port."""
    listeners = [listen(protocol, host or "0.0.0.0", port)]  # noqa: S104
    if not host:
        got = listeners[0].getsockname()[1]
        try:
            listeners.append(listen(protocol, "::", got))
        except OSError as error:
            if port and error.errno not in _NO_SUCH_FAMILY:
                listeners[0].close()
                raise
    return listeners


def _explain(error: OSError, protocol: str, host: str, port: int, others: Iterable[Sandbox]) -> str:
    shown = host or "0.0.0.0"  # noqa: S104
    every = ("0.0.0.0", "::")  # noqa: S104
    if error.errno == errno.EADDRINUSE and any(
        taken == port and (shown == where or shown in every or where in every)
        for other in others
        for key, places in other.ports.items()
        if key.endswith(protocol)
        for where, taken in places
    ):
        return f"Bind for {shown}:{port} failed: port is already allocated"
    family = "6" if ":" in shown else "4"
    if family == "6":
        shown = f"[{shown}]"
    reason = os.strerror(error.errno or 0)
    if error.errno == errno.EADDRNOTAVAIL:
        reason = "cannot assign requested address"
    words = reason[:1].lower() + reason[1:]
    return f"Error starting userland proxy: listen {protocol}{family} {shown}:{port}: bind: {words}"

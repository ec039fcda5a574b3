"""The output of ``netstat`` to typed rows: net-tools and BusyBox, TCP and UDP.

A row that does not fit is an error, never "not listening". Only numbers are read (``-n``):
a service's name would have to be looked up, and may mean another port elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from pausedemo.core.outputs.lines import numbered_lines
from pausedemo.errors import ParseError


class Program(NamedTuple):
    """Whose socket it is. ``name`` is as printed: both netstats keep its first 18 or so bytes."""

    pid: int
    name: str


@dataclass(frozen=True, slots=True)
class Socket:
    """One TCP or UDP row of ``netstat``, seen from its local end.

    ``protocol`` is ``tcp``, ``tcp6``, ``udp`` or ``udp6``, from the address where BusyBox prints
    ``tcp`` for both. ``port`` is 1..65535. ``state`` is ``None`` for an unconnected UDP socket.
    ``program`` is ``None`` where netstat saw none or was not asked.
    ``address_may_be_cut``: net-tools shortens long IPv6 addresses without a sign unless given
    ``-W``; the port is whole all the same.
    """

    protocol: str
    address: str
    port: int
    state: str | None
    program: Program | None
    address_may_be_cut: bool = False

    @property
    def listening(self) -> bool:
        """Whether it waits for whoever comes: TCP in LISTEN, UDP without a peer."""
        return self.state in ("LISTEN", None)


# The names in netstat.c, in net-tools and in BusyBox alike.
_STATES: Final = (
    "ESTABLISHED|SYN_SENT|SYN_RECV|FIN_WAIT1|FIN_WAIT2|TIME_WAIT|CLOSE|CLOSE_WAIT|LAST_ACK"
    "|LISTEN|CLOSING|UNKNOWN"
)
# An address column of net-tools is 23 wide, and it cuts the host so that the port fits.
_ADDRESS_WIDTH: Final = 23
_ANY_HOST: Final = {"": "0.0.0.0", "6": "::"}  # noqa: S104 - read from a table, nothing is bound

_INTERNET: Final = re.compile(r"Active Internet connections \(.+\)")
_OTHER_SECTION: Final = re.compile(r"Active .+ \(.+\)")
_HEADER: Final = re.compile(
    r"Proto +Recv-Q +Send-Q +Local Address +Foreign Address +State"
    r"(?P<program> +PID/Program name)? *"
)
_HOST: Final = r"(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F:]{0,39}:[0-9a-fA-F:.]{0,39}|\*)"
_ROW: Final = re.compile(
    r"(?P<protocol>tcp|udp)(?P<six>6?) +\d+ +\d+"
    rf" +(?P<host>{_HOST}):(?P<port>\d{{1,5}})"
    rf" +{_HOST}:(?:\d{{1,5}}|\*)"
    rf"(?: +(?P<state>{_STATES})(?= |$))?"
    r"(?P<rest>(?: .*)?)",
    re.ASCII | re.DOTALL,
)
_PROGRAM: Final = re.compile(r"-|(?P<pid>\d{1,10})/(?P<name>.+)", re.ASCII | re.DOTALL)
# Sockets without a port, and protocols that no pod here speaks.
_OTHER_ROW: Final = re.compile(r"(?:raw|icmp|udpl|sctp|dccp|mptcp)6? +\d+ +\d+ .+", re.DOTALL)


def parse_netstat(text: str) -> tuple[Socket, ...]:
    """TCP and UDP rows of ``netstat -ntlp``, ``-tuln`` or ``-an``, in printed order.

    ``text`` is the whole stdout, headers included. Ports are 1..65535. A ``*`` host becomes
    ``0.0.0.0`` or ``::`` by the row's family. Sections on other sockets (unix) are passed over.

    Raises ParseError (line number from 1, the line) on a short row, and on names in place of
    numbers. Source: net-tools and BusyBox captures in tests/data/netstat/.
    """
    return tuple(_read_rows(numbered_lines(text)))


def _read_rows(lines: Iterator[tuple[int, str]]) -> Iterator[Socket]:
    number, title = next(lines, (1, ""))
    if _INTERNET.fullmatch(title) is None:
        # ``netstat -x`` prints one section, of no interest here.
        if _OTHER_SECTION.fullmatch(title) is None:
            raise ParseError("netstat output", number, title)
        return
    number, line = next(lines, (number, title))
    header = _HEADER.fullmatch(line)
    if header is None:
        raise ParseError("netstat output", number, line)
    with_program = header["program"] is not None
    for number, line in lines:
        # The Internet section comes first and once. Nothing after it counts: a unix socket's path
        # may hold anything, line breaks and forged rows too.
        if _OTHER_SECTION.fullmatch(line) is not None:
            return
        if _OTHER_ROW.fullmatch(line) is None:
            yield _parse_row(line, number, with_program=with_program)


def _parse_row(line: str, number: int, *, with_program: bool) -> Socket:
    match = _ROW.fullmatch(line)
    if match is None:
        raise ParseError("netstat output", number, line)
    rest = match["rest"].strip(" ")
    owner = _PROGRAM.fullmatch(rest) if with_program else None
    host, port = match["host"], int(match["port"])
    six = "6" if ":" in host else match["six"]
    complete = owner is not None if with_program else not rest
    stateless_tcp = match["protocol"] == "tcp" and match["state"] is None
    if not complete or stateless_tcp or not 1 <= port <= 65535:
        raise ParseError("netstat output", number, line)
    return Socket(
        protocol=match["protocol"] + six,
        address=_ANY_HOST[six] if host == "*" else host,
        port=port,
        state=match["state"],
        program=Program(int(owner["pid"]), owner["name"]) if owner and owner["pid"] else None,
        address_may_be_cut=bool(match["six"]) and len(f"{host}:{match['port']}") == _ADDRESS_WIDTH,
    )

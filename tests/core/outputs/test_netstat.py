from __future__ import annotations

import dataclasses
import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pausedemo.core.outputs.netstat import Program, Socket, parse_netstat
from pausedemo.errors import ParseError
from tests.core.captures import capture_names, cuts, read_capture

ANY = "0.0.0.0"  # noqa: S104 - nothing is bound here
NGINX = Program(80, "nginx: master pr")
LONG = "2001:db8:1234:5678:9abc:def0:1234:5678"
LINK = "fe80::42:acff:fe11:2222"

# What listened when the captures were made: tests/data/README.md. Of GHOST's socket netstat saw
# no program: another user's process, and the container had not the capability to look into it.
GHOST = Socket("tcp", "127.0.0.1", 2368, "LISTEN", None)
LISTENING = (
    GHOST,
    Socket("tcp", ANY, 80, "LISTEN", NGINX),
    Socket("tcp6", "::1", 25, "LISTEN", Program(100, "nc.openbsd")),
    Socket("tcp6", LONG, 8080, "LISTEN", Program(112, "nc.openbsd")),
    Socket("tcp6", LINK, 8081, "LISTEN", Program(118, "nc.openbsd")),
    Socket("tcp6", "::", 80, "LISTEN", NGINX),
)
UDP = (
    Socket("udp", ANY, 5353, None, Program(94, "nc.openbsd")),
    Socket("udp6", "::1", 5354, None, Program(106, "nc.openbsd")),
)
CLIENT = Socket("tcp", "127.0.0.1", 56652, "ESTABLISHED", Program(131, "nc.openbsd"))
SERVER = Socket("tcp", "127.0.0.1", 80, "ESTABLISHED", None)
UDP_CLIENT = Socket("udp", "127.0.0.1", 38052, "ESTABLISHED", Program(137, "nc.openbsd"))
ALL = (*LISTENING[:2], CLIENT, SERVER, *LISTENING[2:], UDP_CLIENT, *UDP)

CAPTURES = {
    "net-tools-ntlp": LISTENING,
    "net-tools-tty": LISTENING,
    "net-tools-tuln": (*LISTENING, *UDP),
    "net-tools-tulnp-wide": (*LISTENING, *UDP),
    "net-tools-an": ALL,
    "net-tools-anp": ALL,
    "net-tools-nothing": (),
    "net-tools-unix-only": (),
    "busybox-ntlp": LISTENING,
    "busybox-tuln": (*LISTENING, *UDP),
    "busybox-tulnp-wide": (*LISTENING, *UDP),
    "busybox-an": ALL,
}
WITH_PROGRAMS = {"ntlp", "tty", "wide", "anp"}
REFUSED = "net-tools-no-n"


def as_printed(socket: Socket, name: str) -> Socket:
    if name.rpartition("-")[2] not in WITH_PROGRAMS:
        socket = dataclasses.replace(socket, program=None)
    room = 23 - len(f":{socket.port}")
    cut = name.startswith("net-tools") and not name.endswith("wide") and len(socket.address) > room
    if cut:
        socket = dataclasses.replace(socket, address=socket.address[:room], address_may_be_cut=True)
    return socket


def test_every_capture_is_looked_at() -> None:
    assert capture_names("netstat") == sorted([*CAPTURES, REFUSED])


@pytest.mark.parametrize("name", CAPTURES)
def test_captures_say_what_listened(name: str) -> None:
    expected = tuple(as_printed(socket, name) for socket in CAPTURES[name])
    assert parse_netstat(read_capture("netstat", name)) == expected


def test_names_in_place_of_numbers_are_refused() -> None:
    with pytest.raises(ParseError) as caught:
        parse_netstat(read_capture("netstat", REFUSED))
    assert caught.value.line_number == 3
    assert "localhost:2368" in caught.value.line


def test_listening_is_tcp_in_listen_and_udp_without_a_peer() -> None:
    assert [socket for socket in ALL if socket.listening] == [*LISTENING, *UDP]


@pytest.mark.parametrize("name", CAPTURES)
def test_the_last_newline_does_not_matter(name: str) -> None:
    text = read_capture("netstat", name)
    assert parse_netstat(text.rstrip("\r\n")) == parse_netstat(text)


@pytest.mark.parametrize("name", CAPTURES)
def test_a_capture_cut_anywhere_never_invents_a_row(name: str) -> None:
    text = read_capture("netstat", name)
    whole = parse_netstat(text)
    parsed = 0
    for cut in cuts(text):
        try:
            sockets = parse_netstat(cut)
        except ParseError:
            continue
        parsed += 1
        if not sockets:
            continue
        *before, last = sockets
        original = whole[len(before)]
        assert tuple(before) == whole[: len(before)]
        if last == original:
            continue
        # Two ends of a row cannot be told from shorter ones: a program's name, and the state of
        # UDP, which may be empty.
        if last.program is not None:
            assert original.program is not None
            assert original.program.name.startswith(last.program.name)
            assert last.program.pid == original.program.pid
        else:
            assert original.protocol.startswith("udp")
            assert last.state is None
        assert dataclasses.replace(original, program=last.program, state=last.state) == last
    assert parsed > len(whole)


TITLE = "Active Internet connections (only servers)\n"
HEADER = "Proto Recv-Q Send-Q Local Address           Foreign Address         State      \n"
PROGRAMS = HEADER.rstrip() + "       PID/Program name    \n"
UNIX = "Active UNIX domain sockets (servers and established)\n"


@pytest.mark.parametrize(
    ("text", "line_number"),
    [
        ("", 1),
        ("netstat: invalid option -- 'p'\n", 1),
        (TITLE, 1),
        (TITLE + "Proto Recv-Q Send-Q Local Add\n", 2),
        (TITLE + HEADER.rstrip() + " Timer\n", 2),
        (TITLE + UNIX, 2),
        (TITLE + HEADER + "\ntcp 0 0 0.0.0.0:80 0.0.0.0:* LISTEN\n", 3),
        (TITLE + HEADER + "tcp 0 0 0.0.0.0:80 0.0.0.0:*\n", 3),
        (TITLE + HEADER + "tcp 0 0 0.0.0.0:80 0.0.0.0:* LIST\n", 3),
        (TITLE + HEADER + "tcp 0 0 0.0.0.0:80 0.0.0.0: LISTEN\n", 3),
        (TITLE + HEADER + "tcp 0 0 0.0.0.0:http 0.0.0.0:* LISTEN\n", 3),
        (TITLE + HEADER + "tcp 0 0 0.0.0.0:0 0.0.0.0:* LISTEN\n", 3),
        (TITLE + HEADER + "tcp 0 0 0.0.0.0:65536 0.0.0.0:* LISTEN\n", 3),
        (TITLE + HEADER + "tcp 0 0 0.0.0.0:80 0.0.0.0:* LISTEN 1/nginx\n", 3),
        (TITLE + HEADER + "sctp\n", 3),
        (TITLE + HEADER + "quic 0 0 0.0.0.0:80 0.0.0.0:* LISTEN\n", 3),
        (TITLE + PROGRAMS + "tcp 0 0 0.0.0.0:80 0.0.0.0:* LISTEN\n", 3),
        (TITLE + PROGRAMS + "tcp 0 0 0.0.0.0:80 0.0.0.0:* LISTEN 1\n", 3),
        (TITLE + PROGRAMS + "tcp 0 0 0.0.0.0:80 0.0.0.0:* LISTEN 1/\n", 3),
        (TITLE + PROGRAMS + "udp 0 0 0.0.0.0:80 0.0.0.0:*\n", 3),
        (TITLE + HEADER + "Active UNIX domain sock", 3),
        (TITLE + HEADER + "tcp 0 0 " + ":" * 100_000 + "\n", 3),
    ],
)
def test_what_does_not_fit_is_an_error_with_its_line(text: str, line_number: int) -> None:
    with pytest.raises(ParseError) as caught:
        parse_netstat(text)
    assert caught.value.line_number == line_number


def test_any_host_is_written_out_by_family() -> None:
    rows = "tcp 0 0 *:80 *:* LISTEN\ntcp6 0 0 *:80 *:* LISTEN\nraw 0 0 0.0.0.0:1 0.0.0.0:* 7\n"
    assert parse_netstat(TITLE + HEADER + rows) == (
        Socket("tcp", ANY, 80, "LISTEN", None),
        Socket("tcp6", "::", 80, "LISTEN", None),
    )


def test_a_unix_socket_path_cannot_forge_a_listener() -> None:
    forged = TITLE + HEADER + "tcp 0 0 0.0.0.0:99 0.0.0.0:* LISTEN\n"
    path = "unix 2 [ ACC ] STREAM LISTENING 1 /tmp/x\n"
    assert parse_netstat(TITLE + HEADER + UNIX + path + forged) == ()


STATES = (
    *("ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE"),
    *("CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING", "UNKNOWN"),
)
NAMES = st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters="\r\n"),
    min_size=1,
    max_size=18,
).filter(lambda text: text == text.strip(" "))
OWNERS = st.none() | st.builds(Program, st.integers(1, 4194304), NAMES)
PORTS = st.integers(1, 65535)
V4 = st.ip_addresses(v=4).map(str)
V6 = st.ip_addresses(v=6).map(str)
SOCKETS = st.lists(
    st.one_of(
        st.builds(Socket, st.just("tcp"), V4, PORTS, st.sampled_from(STATES), OWNERS),
        st.builds(Socket, st.just("tcp6"), V6, PORTS, st.sampled_from(STATES), OWNERS),
        st.builds(Socket, st.just("udp"), V4, PORTS, st.sampled_from([None, *STATES]), OWNERS),
        st.builds(Socket, st.just("udp6"), V6, PORTS, st.sampled_from([None, *STATES]), OWNERS),
    )
)


@given(SOCKETS, st.booleans(), st.booleans())
def test_a_printed_table_reads_back(
    sockets: list[Socket], busybox: bool, with_programs: bool
) -> None:
    lines = [TITLE.rstrip("\n"), (PROGRAMS if with_programs else HEADER).rstrip("\n")]
    expected = []
    for socket in sockets:
        local = f"{socket.address}:{socket.port}"
        protocol = socket.protocol.rstrip("6") if busybox else socket.protocol
        peer = ":::*" if ipaddress.ip_address(socket.address).version == 6 else "0.0.0.0:*"
        row = f"{protocol:<5}      0      0 {local:<23} {peer:<23} {socket.state or '':<12}"
        owner = socket.program
        if with_programs:
            row += f"{owner.pid}/{owner.name}" if owner else "-"
        lines.append(row)
        expected.append(
            dataclasses.replace(
                socket,
                program=owner if with_programs else None,
                address_may_be_cut=protocol.endswith("6") and len(local) == 23,
            )
        )
    assert parse_netstat("\n".join(lines) + "\n") == tuple(expected)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    for start in ("", TITLE + HEADER, TITLE + PROGRAMS + "udp 0 0 ::1:1 :::* "):
        try:
            sockets = parse_netstat(start + text)
        except ParseError:
            continue
        assert len(sockets) <= (start + text).count("\n") + 1
        assert all(1 <= socket.port <= 65535 for socket in sockets)

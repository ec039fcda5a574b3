"""Go's words for a port that was not reached."""

from __future__ import annotations

import errno

import pytest

from pausedemo.core.rules.dialerrors import join_host_port, parse_nc_error, render_dial_error


@pytest.mark.parametrize(
    ("number", "kind", "said"),
    [
        (errno.ECONNREFUSED, "connect", "dial tcp 10.0.0.2:80: connect: connection refused"),
        (errno.EHOSTUNREACH, "connect", "dial tcp 10.0.0.2:80: connect: no route to host"),
        (errno.ENETUNREACH, "connect", "dial tcp 10.0.0.2:80: connect: network is unreachable"),
        (errno.EXDEV, "connect", "dial tcp 10.0.0.2:80: connect: errno 18"),
        (None, "timeout", "dial tcp 10.0.0.2:80: i/o timeout"),
        (None, "lookup", "dial tcp: lookup 10.0.0.2: no such host"),
    ],
)
def test_a_failed_dial_is_told_as_go_does(number: int | None, kind: str, said: str) -> None:
    assert render_dial_error(number, "10.0.0.2", 80, kind) == said


# As busybox 1.35 and 1.37 print them.
@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "nc: can't connect to remote host (10.0.0.2): Connection refused\n",
            "dial tcp 10.0.0.2:80: connect: connection refused",
        ),
        (
            "nc: can't connect to remote host (10.0.0.2): No route to host\n",
            "dial tcp 10.0.0.2:80: connect: no route to host",
        ),
        (
            "nc: 10.0.0.2 (10.0.0.2:80): Connection refused\n",
            "dial tcp 10.0.0.2:80: connect: connection refused",
        ),
        ("nc: timed out\n", "dial tcp 10.0.0.2:80: i/o timeout"),
        ("nc: 10.0.0.2 (10.0.0.2:80): Connection timed out\n", "dial tcp 10.0.0.2:80: i/o timeout"),
        ("nc: bad address '10.0.0.2'\n", "dial tcp: lookup 10.0.0.2: no such host"),
        ("", "dial tcp 10.0.0.2:80: i/o timeout"),
    ],
)
def test_what_nc_says_is_told_as_go_would(text: str, said: str) -> None:
    assert parse_nc_error(text, "10.0.0.2", 80) == said


@pytest.mark.parametrize(
    ("host", "joined"),
    [("10.0.0.2", "10.0.0.2:80"), ("web", "web:80"), ("fd00::1", "[fd00::1]:80")],
)
def test_an_ipv6_address_is_told_from_its_port(host: str, joined: str) -> None:
    assert join_host_port(host, 80) == joined

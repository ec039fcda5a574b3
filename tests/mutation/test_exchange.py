"""What the proxy does not lie about goes through to the byte: every way HTTP has to end a body."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.mutation.wire import Script, byte_by_byte, in_one, play

GET = b"GET /v1.41/containers/json?all=1 HTTP/1.1\r\nHost: docker\r\nX-Odd-Case:  two  \r\n\r\n"
HIJACK = (
    b"POST /v1.41/exec/abc/start HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\n"
    b"Upgrade: tcp\r\nContent-Length: 2\r\n\r\n{}"
)
STREAM = b"Content-Type: application/vnd.docker.raw-stream\r\n"
FRAME = b"\x01\0\0\0\0\0\0\x03hi\n"

SCRIPTS = [
    Script(
        "a length", GET, b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nApi-Version: 1.41\r\n\r\n[]\n"
    ),
    Script(
        "chunks, an extension and a trailer",
        GET,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"3;why=not\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\nX-Sum: 1\r\n\r\n",
    ),
    Script("no body", GET, b"HTTP/1.1 204 No Content\r\nServer: Docker\r\n\r\n"),
    Script("nothing new", GET, b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n"),
    Script(
        "a head alone",
        b"HEAD /_ping HTTP/1.1\r\nHost: docker\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n",
    ),
    Script(
        "a request in chunks",
        b"POST /build HTTP/1.1\r\nHost: docker\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"4\r\ntar!\r\n0\r\n\r\n",
        b"HTTP/1.1 500 It Broke\r\nContent-Length: 0\r\n\r\n",
    ),
    Script(
        "go on first",
        b"PUT /x HTTP/1.1\r\nHost: d\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    ),
]
LAST = [
    Script("cut short", GET, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", True),
    Script("until it closes", GET, b"HTTP/1.1 200 OK\r\n" + STREAM + b"\r\n" + FRAME, True),
    Script(
        "an old client",
        b"GET /_ping HTTP/1.0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nOK",
        True,
    ),
    Script(
        "taken over",
        HIJACK,
        b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n" + FRAME,
        True,
        late=b"\r\nGET not HTTP any more\0",
        echo=FRAME * 3,
    ),
    Script(
        "taken over without being asked",
        GET,
        b"HTTP/1.1 200 OK\r\n" + STREAM + b"\r\n" + FRAME,
        True,
        late=b"typed\n",
        echo=b"typed\n",
    ),
]


@pytest.mark.parametrize("cut", [in_one, byte_by_byte])
@pytest.mark.parametrize("script", [*SCRIPTS, *LAST], ids=lambda script: script.name)
def test_one_exchange_goes_through_to_the_byte(
    script: Script, cut: Callable[[bytes], Iterator[bytes]]
) -> None:
    heard = play([script], cut)
    assert heard.by_engine == script.request + script.late
    assert heard.by_client == script.reply + script.echo


@pytest.mark.parametrize("cut", [in_one, byte_by_byte])
@pytest.mark.parametrize("last", LAST, ids=lambda script: script.name)
def test_a_connection_is_used_again_until_one_of_them_ends_it(
    last: Script, cut: Callable[[bytes], Iterator[bytes]]
) -> None:
    scripts = [*SCRIPTS, *SCRIPTS, last]
    heard = play(scripts, cut)
    assert heard.by_engine == b"".join(script.request + script.late for script in scripts)
    assert heard.by_client == b"".join(script.reply + script.echo for script in scripts)


@pytest.mark.parametrize("cut", [in_one, byte_by_byte])
def test_requests_that_come_together_are_answered_in_turn(
    cut: Callable[[bytes], Iterator[bytes]],
) -> None:
    heard = play(SCRIPTS, cut, together=True)
    assert heard.by_engine == b"".join(script.request for script in SCRIPTS)
    assert heard.by_client == b"".join(script.reply for script in SCRIPTS)

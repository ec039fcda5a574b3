"""Reading an HTTP answer as nc prints it; the node itself is tested on a real engine."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pausedemo.scenario.node import LONGEST_BODY, HttpAnswer, NoAnswer, parse_answer


def answer(head: str, body: bytes = b"") -> bytes:
    return head.replace("\n", "\r\n").encode("latin-1") + b"\r\n" + body


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param(
            answer("HTTP/1.1 200 OK\nContent-Type: text/html\nContent-Length: 5\n", b"hello rest"),
            HttpAnswer(200, "OK", {"content-type": "text/html", "content-length": "5"}, "hello"),
            id="content-length",
        ),
        pytest.param(
            answer(
                "HTTP/1.1 502 Bad Gateway\nTransfer-Encoding: chunked\n",
                b"5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n",
            ),
            HttpAnswer(502, "Bad Gateway", {"transfer-encoding": "chunked"}, "hello world"),
            id="chunked",
        ),
        pytest.param(
            answer("HTTP/1.0 200 OK\n", b"until the end"),
            HttpAnswer(200, "OK", {}, "until the end"),
            id="until the server closes",
        ),
        pytest.param(
            answer("HTTP/1.1 204 No Content\nServer: nginx\n"),
            HttpAnswer(204, "No Content", {"server": "nginx"}, ""),
            id="no content",
        ),
        pytest.param(
            answer("HTTP/1.1 200 OK\nContent-Type: text/plain; charset=latin-1\n", b"caf\xe9"),
            HttpAnswer(200, "OK", {"content-type": "text/plain; charset=latin-1"}, "café"),
            id="charset",
        ),
        pytest.param(
            answer("HTTP/1.1 200 OK\nContent-Type: text/plain; charset=nonsense\n", b"\xc3\xa9"),
            HttpAnswer(200, "OK", {"content-type": "text/plain; charset=nonsense"}, "é"),
            id="a charset that does not exist",
        ),
        pytest.param(
            answer("HTTP/1.1 200 OK\nContent-Type: text/plain; charset=idna\n", b"\xff"),
            HttpAnswer(200, "OK", {"content-type": "text/plain; charset=idna"}, "\ufffd"),
            id="a charset without replacements",
        ),
        pytest.param(
            answer("HTTP/1.1 100 Continue\n") + answer("HTTP/1.1 200 OK\n", b"after"),
            HttpAnswer(200, "OK", {}, "after"),
            id="continue",
        ),
    ],
)
def test_an_answer_is_read_whole(raw: bytes, expected: HttpAnswer) -> None:
    assert parse_answer(raw, "10.0.0.7") == expected


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "no HTTP answer from 10.0.0.7: "),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "no HTTP answer from 10.0.0.7: BadStatusLine"),
        (b"HTTP/1.1 abc\r\n\r\n", "no HTTP answer from 10.0.0.7: BadStatusLine"),
        (
            answer("HTTP/1.1 200 OK\nContent-Length: 10\n", b"hell"),
            "the answer from 10.0.0.7 ended 6 bytes too early",
        ),
        (
            answer("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n", b"5\r\nhel"),
            "no HTTP answer from 10.0.0.7: IncompleteRead",
        ),
        (
            answer("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n", b"zz\r\nhello"),
            "no HTTP answer from 10.0.0.7: IncompleteRead",
        ),
        (answer("HTTP/1.1 200 OK\n" + "X: y\n" * 200), "no HTTP answer from 10.0.0.7: HTTPExc"),
    ],
)
def test_what_is_no_whole_answer_is_said_to_be_none(raw: bytes, words: str) -> None:
    with pytest.raises(NoAnswer) as caught:
        parse_answer(raw, "10.0.0.7")
    assert str(caught.value).startswith(words)


def test_no_more_than_a_mebibyte_is_read() -> None:
    head = f"HTTP/1.1 200 OK\nContent-Length: {2 * LONGEST_BODY}\n"
    assert len(parse_answer(answer(head, b"x" * 2 * LONGEST_BODY), "h").text) == LONGEST_BODY


PIECES = st.sampled_from(
    [
        *(b"HTTP/1.1 ", b"200", b" OK", b"\r\n", b"\n", b":", b" ", b"-5", b"0", b"5", b"\x00"),
        *(b"Content-Length: ", b"Transfer-Encoding: chunked", b"hello", b"\xff", b";", b"ffff"),
        *(b"Content-Type: text/html; charset=", b"utf-7", b"hex", b"undefined", b"rot13"),
    ]
)


@given(st.lists(PIECES | st.binary(max_size=5), max_size=30).map(b"".join))
def test_no_bytes_make_it_fail_otherwise(tail: bytes) -> None:
    for raw in (tail, b"HTTP/1.1 200 OK\r\n" + tail):
        try:
            status = parse_answer(raw, "h").status
        except NoAnswer:
            continue
        assert status >= 100

"""Clients that send no HTTP, half of it, or leave in the middle: the engine goes on."""

from __future__ import annotations

import contextlib
import random
import socket
import struct
from collections.abc import Callable
from typing import Any

import pytest

from tests.embedded.api.figures import (
    find_keeper,
    find_started,
    list_descriptors,
    settle,
    wait_for_rest,
)
from tests.embedded.api.wire import UPGRADE, ask, hijacked, open_socket, render_request
from tests.embedded.engines import RunningEngine

#: What may lie between a client and a process that does not read: buffers of pipes and sockets.
HELD_BYTES = 16 * 1024 * 1024

CREATE = b"POST /containers/create HTTP/1.1\r\nHost: e\r\n"
LOAD = b"POST /images/load HTTP/1.1\r\nHost: e\r\n"
PUT = b"PUT /containers/ID/archive?path=/tmp HTTP/1.1\r\nHost: e\r\n"

GARBAGE: dict[str, bytes] = {
    "nothing": b"",
    "a null byte": b"\0",
    "a TLS hello": bytes.fromhex("16030100c8010000c40303") + bytes(190),
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "no method": b" / HTTP/1.1\r\nHost: e\r\n\r\n",
    "half a line": b"GET /_pi",
    "half a head": b"GET /_ping HTTP/1.1\r\nHost: eng",
    "a long line": b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: e\r\n\r\n",
    "a long header": b"GET /_ping HTTP/1.1\r\nHost: e\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
    "many headers": b"GET /_ping HTTP/1.1\r\nHost: e\r\n" + b"X: y\r\n" * 100_000 + b"\r\n",
    "a header of bytes": b"GET /_ping HTTP/1.1\r\nHost: e\r\nX\xff\0: y\r\n\r\n",
    "no host": b"GET /_ping HTTP/1.1\r\n\r\n",
    "two lengths": CREATE + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "a length below nothing": CREATE + b"Content-Length: -1\r\n\r\n",
    "length and chunks": (CREATE + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}"),
    "half a body": CREATE + b"Content-Length: 100\r\n\r\n{",
    "half a chunk": (LOAD + b"Transfer-Encoding: chunked\r\n\r\nff\r\nhalf of it"),
    "a chunk of no number": (LOAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n\r\n"),
    "a chunk without its end": (LOAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}XX"),
    "a wrong encoding": (CREATE + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"),
    "an escape that is none": b"GET /containers/%zz/json HTTP/1.1\r\nHost: e\r\n\r\n",
    "an escape that is no UTF-8": b"GET /containers/%ff%fe/json HTTP/1.1\r\nHost: e\r\n\r\n",
    "a whole URL": b"GET http://a.example:99999/_ping HTTP/1.1\r\nHost: e\r\n\r\n",
    "a star": b"OPTIONS * HTTP/1.1\r\nHost: e\r\n\r\n",
    "a tunnel": b"CONNECT a.example:443 HTTP/1.1\r\nHost: e\r\n\r\n",
    "noise": random.Random(4).randbytes(10_000),  # noqa: S311 - the same each time
}

#: Requests that are left in the middle. ID, EXEC: a container that runs, an exec not yet started.
LEFT: dict[str, bytes] = {
    "attach": render_request(
        "POST", "/containers/ID/attach?stream=1&stdout=1&stdin=1", b"", *UPGRADE
    ),
    "attach without an upgrade": render_request(
        "POST", "/containers/ID/attach?stream=1&stdout=1&logs=1"
    ),
    "exec": render_request("POST", "/exec/EXEC/start", b'{"Detach": false}', *UPGRADE),
    "exec detached": render_request("POST", "/exec/EXEC/start", b'{"Detach": true}'),
    "logs": render_request("GET", "/containers/ID/logs?follow=1&stdout=1"),
    "events": render_request("GET", "/events"),
    "wait": render_request("POST", "/containers/ID/wait"),
    "wait for the removal": render_request("POST", "/containers/ID/wait?condition=removed"),
    "stats": render_request("GET", "/containers/ID/stats"),
    "top": render_request("GET", "/containers/ID/top"),
    "archive": render_request("GET", "/containers/ID/archive?path=/"),
    "export": render_request("GET", "/containers/ID/export"),
    "put an archive": (PUT + b"Content-Length: 100000\r\n\r\n" + bytes(1000)),
    "load": LOAD + b"Content-Length: 100000\r\n\r\n" + bytes(1000),
    "save": render_request("GET", "/images/IMAGE/get"),
}


def count_held(embedded: RunningEngine) -> tuple[int, int]:
    """Descriptors of the engine and processes below its keeper."""
    keeper = find_keeper(embedded.pid)
    return len(list_descriptors(embedded.pid)), len(find_started(keeper))


def check_returned(embedded: RunningEngine, before: tuple[int, int]) -> None:
    def is_back(now: tuple[int, int]) -> bool:
        return now[0] <= before[0] and now[1] <= before[1]

    after = settle(lambda: count_held(embedded), is_back)
    assert is_back(after), (before, after, list_descriptors(embedded.pid))


def leave(connection: socket.socket, *, hard: bool) -> None:
    """Close: with an end of the stream, or, with what was not read still there, a reset."""
    if hard:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_is_refused_and_the_engine_goes_on(embedded: RunningEngine, name: str) -> None:
    wait_for_rest(embedded.pid)
    before = count_held(embedded)
    with open_socket(embedded.socket) as connection:
        connection.settimeout(5)
        try:
            connection.sendall(GARBAGE[name])
            connection.shutdown(socket.SHUT_WR)
            answer = connection.recv(65536)
        except (BrokenPipeError, ConnectionResetError):
            answer = b""
    assert not answer or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4", b"HTTP/1.1 501")), answer
    assert ask(embedded.socket, "GET", "/_ping").body == b"OK"
    check_returned(embedded, before)


@pytest.fixture
def talking(run: Callable[..., Any]) -> Any:
    """A container that writes without end, but not fast."""
    return run(["sh", "-c", "while :; do echo line; sleep 0.01; done"])


@pytest.mark.parametrize("name", LEFT)
@pytest.mark.parametrize("after_bytes", [0, 1, 4096])
def test_a_client_that_leaves_takes_nothing_along(
    embedded: RunningEngine,
    talking: Any,
    busybox: str,
    name: str,
    after_bytes: int,
) -> None:
    wait_for_rest(embedded.pid)
    before = count_held(embedded)
    for round_ in range(5):
        made = ask(
            embedded.socket,
            "POST",
            f"/containers/{talking.id}/exec",
            {
                "Cmd": ["sh", "-c", "echo out; exec true"],
                "AttachStdin": True,
                "AttachStdout": True,
            },
        )
        exec_id = made.body.decode().split('"')[3]
        request = LEFT[name]
        for mark, value in (("ID", talking.id), ("EXEC", exec_id), ("IMAGE", busybox)):
            request = request.replace(f"/{mark}/".encode(), f"/{value}/".encode())
        with open_socket(embedded.socket, 0.2) as connection:
            connection.sendall(request)
            if after_bytes:
                with contextlib.suppress(TimeoutError):  # none comes before its body has come
                    connection.recv(after_bytes)
            leave(connection, hard=bool(round_ % 2))
    # The container's loop forks, so one more process may be there at any moment.
    check_returned(embedded, (before[0], before[1]))


def test_an_exec_goes_on_when_its_client_has_left(
    embedded: RunningEngine, client: Any, run: Callable[..., Any]
) -> None:
    container = run()
    made = client.api.exec_create(container.id, ["sh", "-c", "echo a; sleep 0.3; echo b; exit 5"])
    with hijacked(embedded.socket, f"/exec/{made['Id']}/start", b"{}") as connection:
        assert connection.recv(10) == b"\1\0\0\0\0\0\0\2a\n"
    inspected = settle(
        lambda: client.api.exec_inspect(made["Id"]), lambda seen: not seen["Running"]
    )
    assert inspected["ExitCode"] == 5


def send_until_it_stops(connection: socket.socket, most: int) -> int:
    """How many bytes went before the other side took no more."""
    connection.settimeout(2)
    sent = 0
    with contextlib.suppress(TimeoutError):
        while sent < most:
            sent += connection.send(bytes(1024 * 1024))
    return sent


def test_input_that_nobody_reads_is_not_gathered_without_end(
    embedded: RunningEngine, run: Callable[..., Any]
) -> None:
    container = run("sleep 1000", stdin_open=True)
    target = f"/containers/{container.id}/attach?stream=1&stdin=1"
    with hijacked(embedded.socket, target) as connection:
        sent = send_until_it_stops(connection, 64 * 1024 * 1024)
    assert sent < HELD_BYTES


def test_a_body_that_is_not_what_it_says_is_refused_without_a_complaint(
    embedded: RunningEngine,
) -> None:
    before = embedded.complaints()
    with contextlib.closing(open_socket(embedded.socket)) as client:
        client.sendall(CREATE + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n")
        assert ask(embedded.socket, "GET", "/_ping").status == 200  # the head has been read by now
        client.sendall(b"{}")
        answer = b""
        while chunk := client.recv(65536):
            answer += chunk
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert embedded.complaints() == before


def test_input_waits_for_who_reads_late_and_arrives_whole(
    embedded: RunningEngine, run: Callable[..., Any]
) -> None:
    size = 20 * 1024 * 1024
    command = f"until [ -e /go ]; do sleep 0.01; done; head -c {size} | wc -c"
    container = run(["sh", "-c", command], stdin_open=True)
    target = f"/containers/{container.id}/attach?stream=1&stdin=1&stdout=1"
    with hijacked(embedded.socket, target) as connection:
        sent = send_until_it_stops(connection, size)
        container.exec_run("touch /go")
        connection.settimeout(30)
        connection.sendall(bytes(size - sent))
        assert connection.recv(100)[8:] == f"{size}\n".encode()

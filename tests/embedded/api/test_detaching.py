"""Keys that detach, found by the engine: what a client sends that does not look for them itself."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.embedded.api.wire import ask, hijacked
from tests.embedded.engines import RunningEngine

Run = Callable[..., Any]
ATTACH = "stream=1&stdin=1&stdout=1&stderr=1"


def read_until(connection: socket.socket, wanted: bytes) -> bytes:
    data = b""
    while wanted not in data:
        piece = connection.recv(4096)
        assert piece, data
        data += piece
    return data


def read_to_end(connection: socket.socket) -> bytes:
    data = b""
    while piece := connection.recv(4096):
        data += piece
    return data


def find_events(client: Any, container: Any) -> list[str]:
    filters, now = {"container": container.id}, f"{time.time():.9f}"
    events = client.events(decode=True, filters=filters, since=1, until=now)
    return [one["Action"] for one in events]


@pytest.mark.parametrize(
    ("query", "typed"),
    [
        ("", [b"\x10\x11"]),
        ("", [b"\x10", b"\x11lost"]),
        ("&detachKeys=ctrl-x,y", [b"\x18y"]),
        ("&detachKeys=DEL", [b"\x7f"]),
    ],
)
def test_an_attached_client_is_let_go_and_the_container_runs_on(
    embedded: RunningEngine, client: Any, run: Run, query: str, typed: list[bytes]
) -> None:
    container = run("cat", tty=True, stdin_open=True)
    with hijacked(embedded.socket, f"/containers/{container.id}/attach?{ATTACH}{query}") as one:
        one.sendall(b"abc\n")
        read_until(one, b"abc\r\nabc\r\n")
        for piece in typed:
            one.sendall(piece)
        assert read_to_end(one) == b""
    assert find_events(client, container) == ["create", "start", "attach", "detach"]
    container.reload()
    assert container.status == "running"
    with hijacked(embedded.socket, f"/containers/{container.id}/attach?{ATTACH}") as one:
        one.sendall(b"def\n")
        assert read_until(one, b"def\r\ndef\r\n") == b"def\r\ndef\r\n"


def test_the_keys_may_come_before_the_container_has_started(
    embedded: RunningEngine, client: Any, busybox: str
) -> None:
    container = client.containers.create(busybox, "cat", tty=True, stdin_open=True)
    try:
        with hijacked(embedded.socket, f"/containers/{container.id}/attach?{ATTACH}") as one:
            one.sendall(b"early\n\x10\x11")
            assert read_to_end(one) == b""
        container.start()
        container.reload()
        assert container.status == "running"
    finally:
        container.remove(force=True)


@pytest.mark.parametrize("query", ["", "&detachKeys=a"])
def test_without_a_terminal_they_are_keys_as_others(
    embedded: RunningEngine, run: Run, query: str
) -> None:
    container = run("cat", stdin_open=True)
    with hijacked(embedded.socket, f"/containers/{container.id}/attach?{ATTACH}{query}") as one:
        one.sendall(b"a\x10\x11\n")
        assert read_until(one, b"\n") == b"\x01\0\0\0\0\0\0\x04a\x10\x11\n"


def test_an_exec_is_left_and_goes_on(embedded: RunningEngine, client: Any, run: Run) -> None:
    container = run()
    body = {"Cmd": ["cat"], "AttachStdin": True, "AttachStdout": True, "DetachKeys": "ctrl-x,y"}
    answer = ask(embedded.socket, "POST", f"/containers/{container.id}/exec", {**body, "Tty": True})
    exec_id = json.loads(answer.body)["Id"]
    start = json.dumps({"Tty": True}).encode()
    with hijacked(embedded.socket, f"/exec/{exec_id}/start", start) as one:
        one.sendall(b"abc\n")
        read_until(one, b"abc\r\nabc\r\n")
        one.sendall(b"\x18y")
        assert read_to_end(one) == b""
    seen = client.api.exec_inspect(exec_id)
    assert (seen["Running"], seen["ExitCode"], seen["DetachKeys"]) == (True, None, "GHk=")
    assert find_events(client, container)[-1] == "exec_detach"


@pytest.mark.parametrize("keys", ["foo", "ctrl-A", "a,,b", "ctrl-1"])
@pytest.mark.parametrize("tty", [True, False])
def test_keys_that_have_no_name_are_refused(
    embedded: RunningEngine, run: Run, keys: str, tty: bool
) -> None:
    container = run(tty=tty)
    path = f"/containers/{container.id}"
    answer = ask(embedded.socket, "POST", f"{path}/attach?{ATTACH}&detachKeys={keys}")
    assert (answer.status, answer.message) == (400, f"Invalid detach keys ({keys}) provided")
    answer = ask(embedded.socket, "POST", f"{path}/exec", {"Cmd": ["cat"], "DetachKeys": keys})
    assert (answer.status, answer.message) == (400, f"Invalid escape keys ({keys}) provided")

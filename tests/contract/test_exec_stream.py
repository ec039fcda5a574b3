"""Commands inside containers whose input is written while they run."""

from __future__ import annotations

import contextlib
import threading

import pytest

from pausedemo.engine.port import Engine, ExecStream
from pausedemo.errors import EngineGone, ExecTimedOut
from tests.contract.conftest import Maker
from tests.waiting import wait_until


def drain(stream: ExecStream) -> tuple[bytes, bytes]:
    read = {1: b"", 2: b""}
    while (got := stream.receive()) is not None:
        read[got[0]] += got[1]
    return read[1], read[2]


def test_input_goes_in_and_both_outputs_come_back_apart(
    contract_engine: Engine, make: Maker
) -> None:
    script = "read line; echo out $line; echo err >&2; cat; exit 7"
    with contextlib.closing(contract_engine.open_exec(make.run(), ("sh", "-c", script))) as stream:
        stream.send(b"one\nrest")
        stream.end_input()
        assert drain(stream) == (b"out one\nrest", b"err\n")
        assert stream.exit_code() == 7


def test_output_that_comes_at_once_is_not_lost(contract_engine: Engine, make: Maker) -> None:
    container = make.run()
    for _ in range(20):
        with contextlib.closing(contract_engine.open_exec(container, ("echo", "hello"))) as stream:
            assert drain(stream) == (b"hello\n", b"")


def test_a_terminal_echoes_and_has_the_size_that_it_was_told(
    contract_engine: Engine, make: Maker
) -> None:
    with contextlib.closing(
        contract_engine.open_exec(make.run(), ("sh", "-c", "echo up; read x; stty size"), tty=True)
    ) as stream:
        up = b""
        while b"up\r\n" not in up:
            got = stream.receive()
            assert got is not None
            up += got[1]
        stream.resize(31, 97)
        stream.send(b"go\n")
        assert drain(stream) == (b"go\r\n31 97\r\n", b"")


def test_closing_ends_a_wait_for_output(contract_engine: Engine, make: Maker) -> None:
    stream = contract_engine.open_exec(make.run(), ("sleep", "1000"))
    ended = threading.Event()

    def wait() -> None:
        with contextlib.suppress(EngineGone):
            drain(stream)
        ended.set()

    thread = threading.Thread(target=wait)
    thread.start()
    stream.close()
    thread.join(30)
    assert ended.is_set()


def test_a_command_that_takes_too_long_is_named_by_its_process(
    contract_engine: Engine, make: Maker
) -> None:
    container = make.run()
    with pytest.raises(ExecTimedOut) as caught:
        contract_engine.exec(container, ("sleep", "1234"), timeout_s=0.5)

    def look() -> bool:
        table = contract_engine.list_processes(container)
        column = table.titles.index("PID")
        return [row[column] for row in table.rows if "1234" in row[-1]] == [str(caught.value.pid)]

    wait_until("the command is seen", look)

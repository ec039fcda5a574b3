"""A command's streams while it runs, and a log as it is written."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from pausedemo.engine.port import Engine
from pausedemo.errors import NotFound
from tests.contract.conftest import Maker


@pytest.fixture
def running(make: Maker) -> str:
    return make.run()


def gather(chunks: Iterator[tuple[int, bytes]]) -> tuple[bytes, bytes]:
    streams = {1: b"", 2: b""}
    for stream, data in chunks:
        streams[stream] += data
    return streams[1], streams[2]


def test_a_stream_gives_both_outputs_and_the_exit_code(
    contract_engine: Engine, running: str
) -> None:
    argv = ("sh", "-c", "echo out; echo err >&2; exit 7")
    with contract_engine.exec_stream(running, argv) as stream:
        assert gather(stream.read()) == (b"out\n", b"err\n")
        assert stream.exit_code() == 7


def test_what_is_written_comes_to_its_standard_input_until_it_is_closed(
    contract_engine: Engine, running: str
) -> None:
    data = bytes(range(256)) * 4096
    with contract_engine.exec_stream(running, ("md5sum",), stdin=True) as stream:

        def feed() -> None:
            stream.write(data)
            stream.close_stdin()

        feeder = threading.Thread(target=feed)
        feeder.start()
        out, _ = gather(stream.read())
        feeder.join()
        assert stream.exit_code() == 0
    assert out.split()[0].decode() == hashlib.md5(data).hexdigest()  # noqa: S324 - busybox has it


def test_output_comes_while_the_command_runs(contract_engine: Engine, running: str) -> None:
    argv = ("sh", "-c", "echo first; read answer; echo got=$answer")
    with contract_engine.exec_stream(running, argv, stdin=True) as stream:
        chunks = stream.read()
        assert next(chunks) == (1, b"first\n")
        stream.write(b"word\n")
        assert gather(chunks) == (b"got=word\n", b"")


def test_nothing_is_lost_that_is_written_at_once(contract_engine: Engine, running: str) -> None:
    # docker-py#3332: what arrives together with the reply's headers.
    for number in range(20):
        with contract_engine.exec_stream(running, ("echo", str(number)), stdin=True) as stream:
            assert gather(stream.read()) == (f"{number}\n".encode(), b"")


def test_a_terminal_has_the_size_that_it_is_told(contract_engine: Engine, running: str) -> None:
    script = "while :; do stty size; sleep 0.05; done"
    with contract_engine.exec_stream(running, ("sh", "-c", script), stdin=True, tty=True) as stream:
        stream.resize(31, 99)
        _read_until(stream.read(), b"31 99\r\n")
        stream.resize(17, 53)
        _read_until(stream.read(), b"17 53\r\n")
        stream.write(b"\x03")
        gather(stream.read())
        assert stream.exit_code() == 130


def test_a_stream_to_a_container_that_is_not_there_is_refused(contract_engine: Engine) -> None:
    with (
        pytest.raises(NotFound),
        contract_engine.exec_stream("no-such-container", ("true",)),
    ):
        raise AssertionError("it was started")


def test_a_log_is_followed_to_the_end_of_the_container(
    contract_engine: Engine, make: Maker
) -> None:
    container = make.run("sh", "-c", "echo one; sleep 0.3; echo two >&2; sleep 0.3; echo three")
    with contract_engine.stream_logs(container, follow=True) as chunks:
        assert gather(chunks) == (b"one\nthree\n", b"two\n")


def test_a_log_has_as_many_last_lines_as_are_asked_for(
    contract_engine: Engine, make: Maker, ended: Callable[[str], None]
) -> None:
    container = make.run("sh", "-c", "for i in 1 2 3 4 5; do echo $i; done")
    ended(container)
    for tail, expected in ((2, b"4\n5\n"), (0, b""), (None, b"1\n2\n3\n4\n5\n")):
        with contract_engine.stream_logs(container, tail=tail) as chunks:
            assert gather(chunks)[0] == expected


@pytest.mark.differs(("podman", "its times are whole seconds"))
def test_a_log_begins_where_it_is_asked_to_and_tells_the_time_of_each_line(
    contract_engine: Engine, make: Maker, ended: Callable[[str], None]
) -> None:
    container = make.run("sh", "-c", "echo early; sleep 1.2; echo late")
    ended(container)
    with contract_engine.stream_logs(container, timestamps=True) as chunks:
        early, late = gather(chunks)[0].decode().splitlines()
    times = [datetime.fromisoformat(line.split()[0][:26] + "+00:00") for line in (early, late)]
    assert [line.split()[1] for line in (early, late)] == ["early", "late"]
    middle = datetime.fromtimestamp(sum(time.timestamp() for time in times) / 2, UTC)
    with contract_engine.stream_logs(container, since=middle) as chunks:
        assert gather(chunks)[0] == b"late\n"


@pytest.fixture
def ended(contract_engine: Engine) -> Callable[[str], None]:
    def wait(container: str) -> None:
        with contract_engine.stream_logs(container, follow=True, tail=0) as chunks:
            gather(chunks)

    return wait


def _read_until(chunks: Iterator[tuple[int, bytes]], wanted: bytes) -> None:
    deadline = time.monotonic() + 30
    seen = b""
    for _, data in chunks:
        seen += data
        if wanted in seen:
            return
        assert time.monotonic() < deadline, seen
    raise AssertionError(seen)

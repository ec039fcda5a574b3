"""Commands in containers: both streams, whole and apart, and how they ended."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from pausedemo.errors import Conflict, TimedOut
from tests.contract.conftest import Maker
from tests.waiting import wait_until

Shell = Callable[..., tuple[int, bytes, bytes]]
FIVE_MB = 5_000_000


def test_the_streams_come_apart(shell: Shell) -> None:
    assert shell("echo out; echo err >&2; echo out again") == (0, b"out\nout again\n", b"err\n")


def test_a_command_may_say_nothing(shell: Shell) -> None:
    assert shell("true") == (0, b"", b"")


def test_bytes_that_are_no_text_come_as_they_are(shell: Shell) -> None:
    assert shell(r"printf '\000\377\001\r\n\303'") == (0, b"\x00\xff\x01\r\n\xc3", b"")


@pytest.mark.parametrize("exit_code", [0, 1, 2, 77, 126, 127, 255])
def test_the_exit_code_is_the_command_s(shell: Shell, exit_code: int) -> None:
    assert shell(f"exit {exit_code}") == (exit_code, b"", b"")


def test_a_command_that_a_signal_ended_has_128_and_its_number(shell: Shell) -> None:
    assert shell("kill -KILL $$")[0] == 137


def test_five_megabytes_on_both_streams_at_once_come_whole(shell: Shell) -> None:
    # Different bytes on each, so that a piece in the wrong stream would be seen.
    script = (
        f"(yes 0123456789abcde | head -c {FIVE_MB}) & (yes vwxyz | head -c {FIVE_MB}) >&2 & wait"
    )
    exit_code, stdout, stderr = shell(script)
    assert exit_code == 0
    for stream, line in ((stdout, b"0123456789abcde\n"), (stderr, b"vwxyz\n")):
        wanted = (line * (FIVE_MB // len(line) + 1))[:FIVE_MB]
        assert len(stream) == FIVE_MB
        assert hashlib.sha256(stream).digest() == hashlib.sha256(wanted).digest()


def test_200_commands_over_8_threads_lose_no_byte(shell: Shell) -> None:
    # docker-py#3332: what comes together with the reply's headers must not be lost.
    def run(number: int) -> tuple[int, bytes, bytes]:
        return shell(f"echo out {number}; echo err {number} >&2; exit {number % 5}")

    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(run, range(200)))
    assert results == [
        (number % 5, b"out %d\n" % number, b"err %d\n" % number) for number in range(200)
    ]


@pytest.mark.parametrize("script", ["sleep 1000", "while :; do echo on and on; sleep 0.01; done"])
def test_a_command_that_does_not_end_is_given_up(make: Maker, script: str) -> None:
    container = make.run()
    with pytest.raises(TimedOut, match="sh"):
        make.engine.exec(container, ["sh", "-c", script], timeout_s=0.5)
    # The engine is as it was: the next command runs.
    assert make.engine.exec(container, ["echo", "on"], timeout_s=60).stdout == b"on\n"


@pytest.mark.differs(
    ("podman", "its exec ends with the main process, and with it what is read of the others"),
    strict=False,
)
def test_output_of_a_command_that_is_still_there_after_its_shell_is_waited_for(
    shell: Shell,
) -> None:
    assert shell("(sleep 0.2; echo late) & echo early") == (0, b"early\nlate\n", b"")


def test_a_program_that_is_not_there_is_126_or_127_and_its_name_is_told(make: Maker) -> None:
    container = make.run()
    done = make.engine.exec(container, ["/no/such/program"], timeout_s=60)
    assert done.exit_code in (126, 127)
    assert b"/no/such/program" in done.stdout + done.stderr


def test_arguments_come_as_they_are(make: Maker) -> None:
    arguments = ["", "a b", "$HOME", "'", '"', "\n", "ü€", "*"]
    argv = ["sh", "-c", 'for a; do printf "%s|" "$a"; done', "sh", *arguments]
    done = make.engine.exec(make.run(), argv, timeout_s=60)
    assert done.stdout.decode() == "|".join(arguments) + "|"


@pytest.mark.parametrize(
    ("user", "ids"), [(None, b"0:0\n"), ("65534", b"65534:65534\n"), ("nobody", b"65534:65534\n")]
)
def test_the_user_is_the_one_named(shell: Shell, user: str | None, ids: bytes) -> None:
    exit_code, stdout, _ = shell("echo $(id -u):$(id -g)", user=user)
    assert (exit_code, stdout.split(b":")[0]) == (0, ids.split(b":")[0])


@pytest.mark.differs(("podman", "it answers 500 with the same words, and runs nothing"))
def test_a_user_that_is_not_there_is_told(shell: Shell) -> None:
    # Docker reports it as the command's own output, with the exit code of what cannot be run.
    exit_code, stdout, stderr = shell("true", user="no-such-user")
    assert exit_code == 126
    assert b"no-such-user" in stdout + stderr


def test_nothing_runs_in_a_container_that_does_not_run(make: Maker) -> None:
    with pytest.raises(Conflict, match="running"):
        make.engine.exec(make.create(), ["true"], timeout_s=60)


def test_a_command_ends_with_its_container(make: Maker) -> None:
    container = make.run()
    with ThreadPoolExecutor(1) as threads:
        argv = ["sh", "-c", "echo on > /tmp/runs; exec sleep 1000"]
        call = threads.submit(make.engine.exec, container, argv, timeout_s=60)
        look = ["test", "-s", "/tmp/runs"]
        wait_until(
            "it runs",
            lambda: make.engine.exec(container, look, timeout_s=60).exit_code == 0,
        )
        make.engine.kill_container(container)
        # Either is right: its end, or that it cannot be told any more. A hang is not.
        with contextlib.suppress(Conflict):
            assert call.result().exit_code == 137

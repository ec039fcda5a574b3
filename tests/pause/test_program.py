"""Pause as an ordinary process of this machine, on each architecture that can run here."""

from __future__ import annotations

import contextlib
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.waiting import wait_until

TIMEOUT_S: Final = 15.0
WARNING: Final = b"Warning: pause should be the first process\n"
INTERRUPTED: Final = b"Shutting down, got signal: Interrupt\n"
TERMINATED: Final = b"Shutting down, got signal: Terminated\n"

# Leaves a dead child to the program that follows: it is waited for, but not taken, waitid(2).
EXEC_WITH_ZOMBIE: Final = """\
import os, sys
child = os.fork()
if child == 0:
    os._exit(0)
os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
print(child, flush=True)
os.execv(sys.argv[1], sys.argv[1:])
"""
EXEC_WITH_INT_IGNORED: Final = """\
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
os.execv(sys.argv[1], sys.argv[1:])
"""


@contextlib.contextmanager
def started(*command: str) -> Iterator[subprocess.Popen[bytes]]:
    """Pause, running: it has given its warning, so it takes signals."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            assert process.stderr is not None
            assert select.select([process.stderr], [], [], TIMEOUT_S)[0], "no warning came"
            assert process.stderr.readline() == WARNING
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("arguments", [("-v",), ("-V",), ("other", "-v")])
def test_v_prints_name_and_version(program: tuple[str, ...], arguments: tuple[str, ...]) -> None:
    done = subprocess.run(
        [*program, *arguments], capture_output=True, timeout=TIMEOUT_S, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"pause.c pausedemo-1.0\n", b"")


@pytest.mark.parametrize("argument", ["", "-", "v", "-vv", "-w", "--version"])
def test_other_arguments_are_ignored(program: tuple[str, ...], argument: str) -> None:
    with started(*program, argument) as process:
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=TIMEOUT_S) == (b"", TERMINATED)
        assert process.returncode == 0


@pytest.mark.parametrize(
    ("number", "words"), [(signal.SIGINT, INTERRUPTED), (signal.SIGTERM, TERMINATED)]
)
def test_not_pid_1_it_warns_and_goes_on_until_int_or_term(
    program: tuple[str, ...], number: signal.Signals, words: bytes
) -> None:
    with started(*program) as process:
        process.send_signal(number)
        assert process.communicate(timeout=TIMEOUT_S) == (b"", words)
        assert process.returncode == 0


def test_a_signal_that_the_parent_ignored_ends_it_all_the_same(native_program: Path) -> None:
    with started(sys.executable, "-c", EXEC_WITH_INT_IGNORED, str(native_program)) as process:
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=TIMEOUT_S) == (b"", INTERRUPTED)
        assert process.returncode == 0


def test_stopped_and_continued_it_waits_on(native_program: Path) -> None:
    with started(str(native_program)) as process:
        stat = Path(f"/proc/{process.pid}/stat")
        wait_until("pause sleeps", lambda: b") S " in stat.read_bytes())
        process.send_signal(signal.SIGSTOP)
        wait_until("pause is stopped", lambda: b") T " in stat.read_bytes())
        process.send_signal(signal.SIGCONT)
        wait_until("pause sleeps again", lambda: b") S " in stat.read_bytes())
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=TIMEOUT_S) == (b"", TERMINATED)
        assert process.returncode == 0


def test_a_child_that_died_before_pause_began_is_reaped(program: tuple[str, ...]) -> None:
    with started(sys.executable, "-c", EXEC_WITH_ZOMBIE, *program) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        wait_until("the child is gone", lambda: not Path(f"/proc/{child}").exists())
        assert process.poll() is None

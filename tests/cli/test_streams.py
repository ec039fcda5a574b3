"""The command line where its standard streams are closed, full, or not read."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from pausedemo.errors import EXIT_FAILED, EXIT_PASSED, EXIT_USAGE

ALL_CLOSED = "<&- >&- 2>&-"


def run(arguments: str, redirection: str) -> tuple[int, str, str]:
    """The exit code, stdout and stderr of a command that a shell runs."""
    done = subprocess.run(
        ["bash", "-c", f'"$0" -m pausedemo {arguments} {redirection}', sys.executable],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("arguments", ["list", "schema", "run --help", "validate scenarios"])
def test_a_full_disk_is_one_clear_error(arguments: str) -> None:
    code, _, stderr = run(arguments, "> /dev/full")
    assert code == EXIT_FAILED
    assert stderr == "pausedemo: cannot write: No space left on device; make room\n"


@pytest.mark.parametrize("arguments", ["list", "schema", "run --help", "validate scenarios"])
def test_who_stops_reading_hears_no_more(arguments: str) -> None:
    reads, writes = os.pipe()
    os.close(reads)
    with os.fdopen(writes, "w") as stdout:
        done = subprocess.run(
            [sys.executable, "-m", "pausedemo", *arguments.split()],
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert (done.returncode, done.stderr) == (EXIT_FAILED, "")


@pytest.mark.parametrize("redirection", [">&-", "2>&-", ALL_CLOSED])
@pytest.mark.parametrize(("arguments", "expected"), [("list", EXIT_PASSED), ("list x", EXIT_USAGE)])
def test_closed_streams_change_no_verdict(arguments: str, expected: int, redirection: str) -> None:
    code, stdout, stderr = run(arguments, redirection)
    assert code == expected
    assert "Traceback" not in stdout + stderr


def test_no_file_takes_the_number_of_a_stream_that_is_closed() -> None:
    program = (
        "import os, sys; from pausedemo.cli import _open_closed_streams; _open_closed_streams();"
        "sys.exit({os.readlink(f'/proc/self/fd/{n}') for n in range(3)} != {os.devnull})"
    )
    done = subprocess.run(
        ["bash", "-c", f'"$0" -c "$1" {ALL_CLOSED}', sys.executable, program], check=False
    )
    assert done.returncode == 0

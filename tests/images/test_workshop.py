"""Programs that recipes run end when the recipe does."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from pausedemo.errors import Interrupted, PausedemoError, TimedOut
from pausedemo.images.workshop import Workshop

# A program with a child of its own, as npm is; the child's pid goes to the file.
WITH_CHILD = ("sh", "-c", "sleep 300 & echo $! > child; wait")


def make_workshop(folder: Path) -> Workshop:
    return Workshop(folder, lambda _: None)


def assert_ended(pid_file: Path) -> None:
    pid = int(pid_file.read_text())
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}/exe").exists():
        assert time.monotonic() < deadline, f"{pid} still runs"


def test_what_a_program_prints_is_returned(tmp_path: Path) -> None:
    workshop = make_workshop(tmp_path)
    script = 'echo "$GREETING $TMPDIR $PWD"; echo trouble >&2'
    printed = workshop.run(("sh", "-c", script), timeout_s=10, env={"GREETING": "hello"})
    assert printed == f"hello {tmp_path} {tmp_path}\ntrouble\n"


def test_a_program_that_fails_is_told_with_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(PausedemoError, match=r"^sh ended with 3: 3; 4; 5; 6; 7$"):
        make_workshop(tmp_path).run(("sh", "-c", "seq 7; exit 3"), timeout_s=10)


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PausedemoError, match="cannot run no-such-program"):
        make_workshop(tmp_path).run(("no-such-program",), timeout_s=10)


def test_a_program_and_its_children_end_at_the_deadline(tmp_path: Path) -> None:
    with pytest.raises(TimedOut, match="sh had not ended after 0 s"):
        make_workshop(tmp_path).run(WITH_CHILD, timeout_s=0.4)
    assert_ended(tmp_path / "child")


def test_a_program_and_its_children_end_when_the_work_is_given_up(tmp_path: Path) -> None:
    workshop = make_workshop(tmp_path)
    timer = threading.Timer(0.4, workshop.stop.set)
    timer.start()
    with pytest.raises(Interrupted):
        workshop.run(WITH_CHILD, timeout_s=60)
    timer.join()
    assert_ended(tmp_path / "child")
    with pytest.raises(Interrupted):
        workshop.run(("touch", "again"), timeout_s=60)
    assert not (tmp_path / "again").exists()

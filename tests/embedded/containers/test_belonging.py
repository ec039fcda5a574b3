"""Whose a process is, by its mount namespace; and that all that are found come to their end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pausedemo.embedded.containers.belonging import (
    find_below,
    find_by_mount_namespace,
    kill_all,
)
from tests.waiting import wait_until

OWN = Path("/proc/self/ns/mnt").stat().st_ino
#: A process with a child in a mount namespace of its own; each prints its number.
FAMILY = "unshare -m sh -c 'echo $$; exec sleep 100' & wait"


@contextlib.contextmanager
def family() -> Iterator[tuple[int, int]]:
    """A process, and its child in another mount namespace."""
    command = ["sh", "-c", FAMILY]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        try:
            assert parent.stdout
            yield parent.pid, int(parent.stdout.readline())
        finally:
            parent.kill()


def test_processes_are_found_by_their_mount_namespace():
    assert os.getpid() in find_by_mount_namespace(OWN)
    assert find_by_mount_namespace(1) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may make a mount namespace")
def test_below_a_process_only_those_of_one_container_are_found_and_ended():
    with family() as (parent, child):
        inode = Path(f"/proc/{child}/ns/mnt").stat().st_ino
        assert find_below(parent, inode) == [child]
        assert find_below(parent, OWN) == []
        assert find_below(child, inode) == []
        kill_all(lambda: find_below(parent, inode))
        # What was killed is there until its parent, which lives, has taken note of it.
        wait_until("the child is gone", lambda: not Path(f"/proc/{child}").exists())
        os.kill(parent, signal.SIGCONT)


def test_below_a_process_that_has_ended_there_is_nobody():
    ended = subprocess.Popen(["true"])
    ended.wait()
    assert find_below(ended.pid, OWN) == []


def test_who_cannot_be_looked_at_is_nobody_s():
    """A zombie has no mount namespace any more, as to us those of other users have none."""
    child = os.fork()
    if not child:
        os._exit(0)
    try:
        os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        assert find_by_mount_namespace(0) == []
        assert find_below(os.getpid(), 0) == []
    finally:
        os.waitpid(child, 0)

from __future__ import annotations

import dataclasses
import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pausedemo.kubelet.owner import Life, Owner


def child_owner(child: subprocess.Popen[bytes]) -> Owner:
    """The mark that a child of this process would give itself."""
    this = Owner.this_process()
    fields = Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()
    return dataclasses.replace(this, pid=child.pid, start_ticks=int(fields[19]))


def test_this_process_lives_and_its_mark_comes_back() -> None:
    owner = Owner.this_process()
    assert owner.life() is Life.ALIVE
    assert Owner.parse(str(owner)) == owner


def test_a_child_lives_until_it_ends_even_as_a_zombie() -> None:
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as child:
        owner = child_owner(child)
        assert owner.life() is Life.ALIVE
        assert child.stdin
        child.stdin.close()
        # Wait until it has ended, and leave it unreaped.
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert owner.life() is Life.DEAD
    assert owner.life() is Life.DEAD


def test_a_pid_that_came_back_is_another_process() -> None:
    owner = Owner.this_process()
    assert dataclasses.replace(owner, start_ticks=owner.start_ticks + 1).life() is Life.DEAD


@pytest.mark.parametrize("change", [{"boot": "0000"}, {"pid_namespace": 1}])
def test_another_machine_s_processes_cannot_be_seen(change: dict[str, str | int]) -> None:
    elsewhere = dataclasses.replace(Owner.this_process(), **change)  # type: ignore[arg-type]
    assert elsewhere.life() is Life.UNKNOWN


@given(
    st.uuids().map(str),
    st.integers(0, 2**64 - 1),
    st.integers(0, 2**22),
    st.integers(0, 2**64 - 1),
)
def test_any_mark_comes_back(boot: str, namespace: int, pid: int, ticks: int) -> None:
    owner = Owner(boot, namespace, pid, ticks)
    assert Owner.parse(str(owner)) == owner


@pytest.mark.parametrize(
    "mark",
    [
        "",
        "x",
        "a.1.2",
        "a.1.2.3.4",
        "a.-1.2.3",
        "a.1.2.x",
        ".1.2.3",
        "a.1.2.٣",
        "a.1.2." + "9" * 5000,
    ],
)
def test_what_is_no_mark_of_ours_is_told_apart(mark: str) -> None:
    assert Owner.parse(mark) is None

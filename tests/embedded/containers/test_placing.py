"""Who is moved into a cgroup before its first instruction, and who after it."""

from __future__ import annotations

import contextlib
import os
import subprocess
from pathlib import Path

import pytest

from pausedemo.embedded.containers import placing
from pausedemo.embedded.containers.placing import has_limits


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ({}, False),
        ({"Memory": 0, "PidsLimit": None, "CpuShares": 2}, False),
        ({"Memory": 1 << 24}, True),
        ({"NanoCpus": 500_000_000}, True),
        ({"CpuQuota": 50_000}, True),
        ({"PidsLimit": 10}, True),
        ({"PidsLimit": -1}, False),
    ],
)
def test_a_limit_must_hold_from_the_first_instruction_and_a_weight_need_not(host, expected):
    assert has_limits(host) is expected


def test_children_that_were_there_before_are_moved_too(tmp_path, monkeypatch):
    moved: list[int] = []

    class Noting:
        def __init__(self, file: str) -> None:
            self._file = file

        def write_text(self, text: str) -> None:
            moved.append(int(text))

        def read_text(self) -> str:
            return Path(self._file).read_text()

    command = ["sh", "-c", "sleep 100 & echo $!; exec sleep 100"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        try:
            assert parent.stdout
            child = int(parent.stdout.readline())
            monkeypatch.setattr(placing, "Path", Noting)
            placing._place([str(tmp_path / "cgroup.procs")], parent.pid)
            assert moved == [parent.pid, child]
        finally:
            parent.kill()
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, 9)


def test_a_process_that_has_ended_is_no_error(tmp_path):
    process = subprocess.Popen(["true"])
    process.wait()
    placing._place([str(tmp_path / "none" / "cgroup.procs")], process.pid)

"""The machine is described as Docker describes it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import cast

from pausedemo.embedded.machine import describe_host, read_os_name


def test_the_host_is_described_in_docker_s_words():
    shown = describe_host()
    assert shown["KernelVersion"] == os.uname().release
    assert shown["NCPU"] == os.cpu_count()
    total = Path("/proc/meminfo").read_text().split()[1]
    assert abs(cast(int, shown["MemTotal"]) - int(total) * 1024) < 1 << 20
    assert shown["OperatingSystem"] == read_os_name() != ""

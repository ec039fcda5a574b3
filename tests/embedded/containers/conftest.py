"""A node that starts nothing, containers on it, and a process that stands for one."""

from __future__ import annotations

import asyncio
import os
import subprocess
from pathlib import Path
from typing import Any, cast

import pytest

from pausedemo.embedded.containers.cgroups import Cgroups
from pausedemo.embedded.containers.container import State, Status
from pausedemo.embedded.containers.node import Node
from pausedemo.embedded.containers.registry import Containers
from pausedemo.embedded.events import EventBus
from pausedemo.embedded.keeper.client import Process
from pausedemo.embedded.network.networks import Networks
from pausedemo.embedded.seccomp.filters import SeccompFilters
from tests.embedded.containers.containers import make_container
from tests.embedded.containers.test_cgroups import make_platform


@pytest.fixture
def node(tmp_path):
    platform = make_platform(1, {})
    seccomp = SeccompFilters()
    loop = asyncio.new_event_loop()
    events = EventBus()
    unused = cast(Any, None)  # planning does not ask the keeper
    yield Node(
        loop=loop,
        platform=platform,
        keeper=unused,
        cgroups=Cgroups(platform, "key"),
        networks=Networks(rootless=False, events=events),  # never opened: nothing is made
        containers=Containers(),
        events=events,
        seccomp=seccomp,
        folder=tmp_path,
    )
    seccomp.close()
    loop.close()


@pytest.fixture
def add(node, tmp_path):
    """Makes a container of the node; ``runs``: the process that it is, if it runs."""
    opened = []

    def call(name, *, runs=None, host=None, **config):
        folder = tmp_path / name
        folder.mkdir()
        made = make_container(folder, name, host=host, **config)
        node.containers.reserve(name)
        node.containers.add(made)
        if runs is not None:
            process = Process(runs, os.pidfd_open(runs), node.loop.create_future())
            opened.append(process)
            made.process, made.state = process, State(Status.RUNNING, pid=runs)
        return made

    yield call
    for process in opened:
        process.close()


@pytest.fixture
def apart():
    """A process with IPC, network and PID namespaces of its own."""
    if os.geteuid() != 0:
        pytest.skip("makes namespaces as root")
    command = ("unshare", "--ipc", "--net", "--pid", "--fork", "--kill-child", "cat")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as unshare:
        assert unshare.stdin is not None
        assert unshare.stdout is not None
        try:
            unshare.stdin.write(b"x")
            unshare.stdin.flush()
            assert unshare.stdout.read(1) == b"x"  # now it runs where it shall
            (child,) = Path(f"/proc/{unshare.pid}/task/{unshare.pid}/children").read_text().split()
            yield int(child)
        finally:
            unshare.stdin.close()

"""What a killed dockerd leaves in the kernel is found and removed, and nothing else is."""

import ipaddress
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pausedemo.engine.remains import (
    choose_network,
    end_processes_of,
    list_mounts_under,
    make_bridge,
    remove_bridge,
    unmount_under,
)
from pausedemo.errors import PausedemoError
from pausedemo.host import Tool, require

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root makes bridges and mounts")


@pytest.mark.parametrize(
    ("routes", "network"),
    [
        ([], "10.244.0.0/24"),
        (["default", "192.0.2.0/24", "172.17.0.0/16"], "10.244.0.0/24"),
        (["10.244.0.0/24"], "10.244.1.0/24"),
        (["10.244.0.7"], "10.244.1.0/24"),
        (["10.244.0.0/23", "10.244.3.0/24"], "10.244.2.0/24"),
    ],
)
def test_the_bridge_takes_the_first_network_that_no_route_meets(routes, network):
    assert choose_network(routes) == ipaddress.ip_network(network)


def test_no_free_network_is_an_error_that_says_so():
    with pytest.raises(PausedemoError, match=r"10\.244\.0\.0/16 is free"):
        choose_network(["10.0.0.0/8"])


@needs_root
def test_a_bridge_is_made_anew_and_removed_and_may_be_absent():
    require(Tool("ip", "iproute2"))
    name = f"pt{os.getpid()}"
    sys_class = Path("/sys/class/net", name)
    try:
        make_bridge(name)
        first = (sys_class / "ifindex").read_text()
        make_bridge(name)
        assert (sys_class / "ifindex").read_text() != first
        assert (sys_class / "bridge").is_dir()
    finally:
        remove_bridge(name)
    assert not sys_class.exists()
    remove_bridge(name)


@needs_root
def test_mounts_below_a_folder_are_detached_and_its_neighbour_s_are_not(tmp_path):
    ours, neighbour = tmp_path / "run", tmp_path / "run2"
    for folder in (ours / "a b", ours / "c", neighbour):
        folder.mkdir(parents=True)
        subprocess.run(["mount", "-t", "tmpfs", "none", str(folder)], check=True, timeout=10)
    try:
        inner = ours / "c" / "inner"
        inner.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "none", str(inner)], check=True, timeout=10)
        assert list_mounts_under(ours) == [str(ours / "a b"), str(ours / "c"), str(inner)]
        unmount_under(ours)
        assert list_mounts_under(ours) == []
        assert list_mounts_under(neighbour) == [str(neighbour)]
    finally:
        unmount_under(ours)
        unmount_under(neighbour)


def test_processes_that_serve_a_folder_end_with_their_children_and_a_bystander_lives(tmp_path):
    script = (
        "import signal, subprocess\n"
        "child = subprocess.Popen(['sleep', '60'])\n"
        "print(child.pid, flush=True)\n"
        # Its child may be ended first; then it must not end by itself.
        "child.wait()\n"
        "signal.pause()\n"
    )
    ours = [sys.executable, "-c", script, f"{tmp_path}/exec/containerd.sock"]
    other = [sys.executable, "-c", script, f"{tmp_path}/exec2/containerd.sock"]
    with (
        subprocess.Popen(ours, stdout=subprocess.PIPE) as server,
        subprocess.Popen(other, stdout=subprocess.PIPE) as bystander,
    ):
        try:
            assert server.stdout
            assert bystander.stdout
            child = os.pidfd_open(int(server.stdout.readline()))
            bystander_child = int(bystander.stdout.readline())
            end_processes_of(tmp_path / "exec")
            assert server.wait(10) == -signal.SIGKILL
            # A pidfd is readable once its process has ended, reaped or not (pidfd_open(2)).
            assert select.select([child], [], [], 5)[0]
            assert bystander.poll() is None
        finally:
            os.close(child)
            os.kill(bystander_child, signal.SIGKILL)
            bystander.kill()
            bystander.wait(10)

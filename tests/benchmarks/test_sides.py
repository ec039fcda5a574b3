"""Everybody starts the same containers: what the other sides are asked for."""

from __future__ import annotations

from benchmarks.cold_start import render_command, render_compose
from pausedemo.engine.port import ContainerConfig

SANDBOX = ContainerConfig(
    name="pod_pause",
    image="sha256:1",
    hostname="pod",
    labels={"a": "b c", "d": ""},
    ipc_mode="shareable",
    cpu_shares=2,
    oom_score_adj=-998,
)
MEMBER = ContainerConfig(
    name="pod_web",
    image="sha256:2",
    entrypoint=("sleep", "60"),
    command=("5",),
    labels={"a": "b"},
    network_mode="container:pod_pause",
    ipc_mode="container:pod_pause",
    pid_mode="container:pod_pause",
)


def test_the_docker_command_says_all_that_the_controller_asks_of_the_sandbox():
    assert render_command(SANDBOX) == [
        *("docker", "run", "--detach", "--name=pod_pause"),
        *("--hostname=pod", "--ipc=shareable", "--cpu-shares=2", "--oom-score-adj=-998"),
        *("--label=a=b c", "--label=d=", "sha256:1"),
    ]


def test_the_docker_command_says_all_that_the_controller_asks_of_a_member():
    assert render_command(MEMBER) == [
        *("docker", "run", "--detach", "--name=pod_web"),
        *("--network=container:pod_pause", "--ipc=container:pod_pause"),
        *("--pid=container:pod_pause", "--label=a=b"),
        *("--entrypoint=sleep", "sha256:2", "60", "5"),
    ]


def test_the_compose_file_makes_the_same_pod_in_its_own_words():
    assert render_compose([SANDBOX, MEMBER]) == {
        "version": "2.4",
        "services": {
            "pause": {
                "image": "sha256:1",
                "container_name": "pod_pause",
                "labels": {"a": "b c", "d": ""},
                "hostname": "pod",
                "ipc": "shareable",
                "cpu_shares": 2,
                "oom_score_adj": -998,
            },
            "member0": {
                "image": "sha256:2",
                "container_name": "pod_web",
                "labels": {"a": "b"},
                "entrypoint": ("sleep", "60"),
                "command": ("5",),
                "network_mode": "service:pause",
                "ipc": "service:pause",
                "pid": "service:pause",
            },
        },
    }

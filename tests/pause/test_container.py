"""Pause as PID 1 of a container: signals, and the warning beside another PID 1."""

from __future__ import annotations

import contextlib
import json
import uuid
from typing import Final

import docker
import pytest

from pausedemo.engine.port import ContainerState
from tests.pause.pod import Pod
from tests.waiting import wait_until

pytestmark = pytest.mark.engine

WARNING: Final = b"Warning: pause should be the first process\n"
WORDS: Final = {
    "INT": b"Shutting down, got signal: Interrupt\n",
    "TERM": b"Shutting down, got signal: Terminated\n",
}
# The node's KILL and STOP work on any PID 1, pid_namespaces(7); all else finds no one at home.
SURVIVED_FROM_THE_NODE: Final = "HUP QUIT ILL ABRT FPE SEGV PIPE ALRM USR1 USR2 TSTP TTIN CONT"


def assert_said(pod: Pod, container: str, stderr: bytes) -> None:
    wait_until("the logs are whole", lambda: pod.engine.read_logs(container) == (b"", stderr))


@pytest.mark.parametrize("signal", ["INT", "TERM"])
def test_a_signal_from_the_node_ends_it_with_0_and_it_says_which(pod: Pod, signal: str) -> None:
    pod.engine.kill_container(pod.pause, signal)
    assert pod.wait_for_end(pod.pause).exit_code == 0
    assert_said(pod, pod.pause, WORDS[signal])


@pytest.mark.parametrize("signal", ["INT", "TERM"])
def test_a_signal_from_a_member_ends_it_with_0_too(pod: Pod, signal: str) -> None:
    pod.add_member("kill", f"-{signal}", "1")
    assert pod.wait_for_end(pod.pause).exit_code == 0
    assert_said(pod, pod.pause, WORDS[signal])


def test_stop_needs_no_kill(pod: Pod) -> None:
    pod.engine.stop_container(pod.pause, grace_s=10)
    assert pod.inspect(pod.pause).exit_code == 0
    assert_said(pod, pod.pause, WORDS["TERM"])


def test_other_signals_from_the_node_leave_it_at_work(pod: Pod) -> None:
    for signal in SURVIVED_FROM_THE_NODE.split():
        pod.engine.kill_container(pod.pause, signal)
    pod.assert_pause_lives()
    assert pod.engine.read_logs(pod.pause) == (b"", b"")


def test_other_signals_from_a_member_leave_it_at_work(pod: Pod) -> None:
    others = [str(number) for number in range(1, 65) if number not in (2, 15)]
    pod.shell(f"for n in {' '.join(others)}; do kill -$n 1 || exit 1; done")
    pod.assert_pause_lives()
    assert pod.engine.read_logs(pod.pause) == (b"", b"")


def test_it_forwards_nothing(pod: Pod) -> None:
    names = "HUP INT TERM USR1 USR2"
    traps = "; ".join(f"trap 'echo {name}' {name}" for name in names.split())
    # The same user as pause, or else pause could not send it anything. The shell waits in wait,
    # where a trap runs at once; after a command in the foreground it would be late.
    script = f"{traps}; echo ready; sleep 1000 & while :; do wait; done"
    member = pod.add_member("sh", "-c", script, user="65535:65535")
    wait_until("traps are set", lambda: pod.engine.read_logs(member) == (b"ready\n", b""))

    pod.engine.kill_container(member, "HUP")
    wait_until("a trap works", lambda: pod.engine.read_logs(member) == (b"ready\nHUP\n", b""))
    for signal in ("HUP", "USR1", "USR2"):
        pod.engine.kill_container(pod.pause, signal)
    pod.assert_pause_lives()
    pod.engine.kill_container(pod.pause, "TERM")

    # 137: ended by the kernel's KILL as the namespace went, pid_namespaces(7).
    assert pod.wait_for_end(member).exit_code == 137
    assert pod.inspect(pod.pause).exit_code == 0
    assert pod.engine.read_logs(member) == (b"ready\nHUP\n", b"")


def test_v_prints_name_and_version(empty_pod: Pod) -> None:
    container = empty_pod.add_pause("-v")
    assert empty_pod.wait_for_end(container).exit_code == 0
    logs = empty_pod.engine.read_logs(container)
    assert logs == (b"pause.c pausedemo-1.0\n", b"")


def test_beside_another_pid_1_it_warns_and_goes_on(empty_pod: Pod) -> None:
    pod = empty_pod
    pod.start(("sleep", "1000"))
    second = pod.add_pause()
    assert_said(pod, second, WARNING)
    assert pod.inspect(second).state is ContainerState.RUNNING
    pod.engine.kill_container(second, "TERM")
    assert pod.wait_for_end(second).exit_code == 0
    assert_said(pod, second, WARNING + WORDS["TERM"])


@pytest.mark.parametrize(
    ("forbidden", "exit_code"), [("rt_sigprocmask", 1), ("rt_sigtimedwait", 2)]
)
def test_where_it_cannot_wait_for_signals_it_ends_and_says_so(
    client: docker.APIClient, empty_pod: Pod, pause_image: str, forbidden: str, exit_code: int
) -> None:
    profile = {
        "defaultAction": "SCMP_ACT_ALLOW",
        "syscalls": [{"names": [forbidden], "action": "SCMP_ACT_ERRNO"}],
    }
    host = client.create_host_config(
        network_mode="none", security_opt=[f"seccomp={json.dumps(profile)}"]
    )
    name = f"pausedemo-test-pause-{uuid.uuid4().hex[:12]}"
    container = client.create_container(pause_image, name=name, host_config=host)["Id"]
    with contextlib.ExitStack() as stack:
        stack.callback(empty_pod.engine.remove_container, container)
        empty_pod.engine.start_container(container)
        assert empty_pod.wait_for_end(container).exit_code == exit_code
        assert_said(empty_pod, container, b"Error: cannot wait for signals\n")

"""What a program may do, and finds, in its container: on dockerd, and on the embedded engine."""

from __future__ import annotations

from typing import Any

import docker
import pytest

from tests.embedded.api.conftest import EACH_ENGINE

pytestmark = EACH_ENGINE
USER = "1000"


def run(sdk: docker.DockerClient, image: str, script: str, **options: Any) -> int:
    """A shell's exit code."""
    made = sdk.containers.create(image, ["sh", "-c", script], **options)
    try:
        made.start()
        return int(made.wait(timeout=30)["StatusCode"])
    finally:
        made.remove(force=True, v=True)


@pytest.mark.parametrize("tty", [False, True], ids=["pipes", "terminal"])
@pytest.mark.parametrize(("stream", "number"), [("stdout", 1), ("stderr", 2)])
def test_who_is_not_root_may_open_its_own_streams(
    sdk: docker.DockerClient, busybox_image: str, stream: str, number: int, tty: bool
) -> None:
    group = "5" if tty else "0"  # the group of a terminal is tty; it stays
    owner = f"$(stat -L -c %u:%g /proc/$$/fd/{number})"
    script = f'echo one > /dev/{stream} && test "{owner}" = {USER}:{group}'
    assert run(sdk, busybox_image, script, user=USER, tty=tty) == 0


@pytest.mark.parametrize("tty", [False, True], ids=["pipes", "terminal"])
def test_so_it_is_with_an_exec(sdk: docker.DockerClient, busybox_image: str, tty: bool) -> None:
    made = sdk.containers.run(busybox_image, ["sleep", "1000"], detach=True)
    try:
        script = "echo one > /dev/stdout; stat -c %u:%g /dev/null"
        code, output = made.exec_run(["sh", "-c", script], user=USER, tty=tty)
    finally:
        made.remove(force=True)
    assert isinstance(output, bytes)
    assert (code, output.replace(b"\r", b"")) == (0, b"one\n0:0\n")


@pytest.mark.parametrize("path", ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/new"])
def test_nothing_is_written_where_all_is_read_only(
    sdk: docker.DockerClient, busybox_image: str, path: str
) -> None:
    assert run(sdk, busybox_image, f"echo x >> {path}", read_only=True) == 1
    assert run(sdk, busybox_image, f"echo x >> {path}") == 0


@pytest.mark.parametrize(("mode", "is_there"), [("none", False), ("private", True)])
def test_without_ipc_there_is_no_shared_memory(
    sdk: docker.DockerClient, busybox_image: str, mode: str, is_there: bool
) -> None:
    assert (run(sdk, busybox_image, "ls -d /dev/shm", ipc_mode=mode) == 0) is is_there


def test_a_working_directory_that_is_made_is_root_s(
    sdk: docker.DockerClient, busybox_image: str
) -> None:
    expected = '"$(printf "/new/dir\\n0:0\\n0:0\\n")"'
    script = f'test "$(pwd; stat -c %u:%g . ..)" = {expected} && ! touch f'
    assert run(sdk, busybox_image, script, user=USER, working_dir="/new/dir") == 0


#: Of version 1, and of version 2, where a limit is seen.
LIMITS = [
    pytest.param(
        {"mem_limit": "64m"},
        ("memory/memory.limit_in_bytes", "67108864"),
        ("memory.max", "67108864"),
        id="memory",
    ),
    pytest.param({"pids_limit": 20}, ("pids/pids.max", "20"), ("pids.max", "20"), id="pids"),
    pytest.param(
        {"nano_cpus": 500_000_000},
        ("cpu/cpu.cfs_quota_us", "50000"),
        ("cpu.max", "50000 100000"),
        id="cpu",
    ),
]


@pytest.mark.parametrize(("options", "first", "second"), LIMITS)
def test_a_limit_is_seen_inside_and_cannot_be_changed(
    sdk: docker.DockerClient,
    busybox_image: str,
    options: dict[str, Any],
    first: tuple[str, str],
    second: tuple[str, str],
) -> None:
    name, value = first if sdk.info()["CgroupVersion"] == "1" else second
    path = f"/sys/fs/cgroup/{name}"
    script = f'test "$(cat {path})" = "{value}" || exit 10; echo "{value}" > {path}'
    assert run(sdk, busybox_image, script, **options) == 1

"""The keeper for real, as root: programs from a small root folder, their ends, and its own."""

from __future__ import annotations

import asyncio
import os
import select
import signal
from pathlib import Path

import pytest

from pausedemo.embedded.keeper.client import LaunchFailed
from pausedemo.embedded.keeper.launch import Bind
from pausedemo.embedded.keeper.process import exit_code
from pausedemo.embedded.kernel.syscalls import Namespace
from tests.embedded.keeper.keepers import NEW, TIMEOUT_S, Kept, ended, full, with_keeper

MANY = 1000


@pytest.mark.parametrize(
    ("status", "code"), [(0, 0), (3 << 8, 3), (255 << 8, 255), (9, 137), (15, 143), (11 | 128, 139)]
)
def test_a_wait_status_is_docker_s_exit_code(status, code):
    assert exit_code(status) == code


@pytest.mark.parametrize(
    ("script", "code", "output"),
    [
        ("echo out; echo err >&2", 0, "out\nerr\n"),
        ("exit 42", 42, ""),
        ("echo $$ $PPID", 0, "1 0\n"),
        ("sh -c 'kill -USR1 $$'; echo $?", 0, "User defined signal 1\n138\n"),
        ("pwd; echo $PATH; echo $HOME", 0, "/\n/usr/local/sbin:/usr/local/bin:/usr/sbin:"
         "/usr/bin:/sbin:/bin\n/root\n"),
        ("ls /proc/self/fd | wc -l", 0, "4\n"),  # its own folder is the fourth
    ],
)  # fmt: skip
def test_a_program_runs_as_pid_1_and_its_end_is_told(tree, script, code, output):
    async def test(kept: Kept) -> None:
        assert await kept.run("sh", "-c", script) == (code, output)

    with_keeper(tree, test)


def test_inherited_descriptors_of_the_engine_are_not_seen_inside(tree):
    reading, writing = os.pipe()
    os.set_inheritable(reading, True)
    os.set_inheritable(writing, True)

    async def test(kept: Kept) -> None:
        assert await kept.run("sh", "-c", "ls /proc/self/fd") == (0, "0\n1\n2\n3\n")

    try:
        with_keeper(tree, test)
    finally:
        os.close(reading)
        os.close(writing)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_program_that_does_not_ignore_it(tree, number):
    async def test(kept: Kept) -> None:
        # Of the node's PID namespace: a PID 1 has no default actions (pid_namespaces(7)).
        new = int(NEW & ~Namespace.PID)
        process = await kept.launch("sleep", "600", launch={"new": new})
        process.send_signal(number)
        assert await ended(process) == 128 + number
        with pytest.raises(ProcessLookupError):
            process.send_signal(number)

    with_keeper(tree, test)


def test_what_the_engine_s_caller_ignored_is_not_ignored_inside(tree):
    async def test(kept: Kept) -> None:
        code, text = await kept.run("grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status")
        assert (code, text) == (0, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n")

    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with_keeper(tree, test)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_thousand_starts_leave_no_descriptor_and_no_process_behind(tree):
    async def test(kept: Kept) -> None:
        for _ in range(5):
            assert await kept.run("true") == (0, "")
        await full(kept)
        before = count_descriptors(kept.pid), count_descriptors(os.getpid())
        for number in range(MANY):
            if number % 10 == 0:
                with pytest.raises(LaunchFailed):
                    await kept.launch("/nope")
            else:
                assert await ended(await kept.launch("true")) == 0
        await full(kept)
        assert (count_descriptors(kept.pid), count_descriptors(os.getpid())) == before

    with_keeper(tree, test)


def count_descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def test_the_keeper_ends_with_its_line_and_takes_all_processes_along(tree):
    watched: list[int] = []

    async def test(kept: Kept) -> None:
        for new in (NEW, NEW & ~Namespace.PID):
            script = "trap '' TERM HUP; sleep 600 & setsid sleep 600 & wait"
            process = await kept.launch("sh", "-c", script, launch={"new": int(new)})
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
            while len(pids := children.read_text().split()) < 2:
                await asyncio.sleep(0.01)
            watched.extend(os.pidfd_open(pid) for pid in [process.pid, *map(int, pids)])

    try:
        with_keeper(tree, test)
        assert len(watched) == 6
        for pidfd in watched:
            assert select.select([pidfd], [], [], 20)[0]
    finally:
        for pidfd in watched:
            os.close(pidfd)


def test_who_joins_a_pid_namespace_sees_it_and_passes_its_code_on(tree):
    async def test(kept: Kept) -> None:
        donor = await kept.launch("sleep", "600")
        reading, writing = os.pipe()
        member = await kept.launch(
            *("sh", "-c", "cat /proc/1/comm; [ $$ != 1 ] && exit 7"),
            descriptors=(donor.pidfd, writing),
            launch={
                "new": int(Namespace.MOUNT),
                "join_pid": 0,
                "joins": [(0, int(Namespace.IPC))],
                "stdio": [None, 1, 1],
            },
        )
        os.close(writing)
        assert await ended(member) == 7
        with open(reading) as stream:  # noqa: PTH123 - all is there already
            assert stream.read() == "sleep\n"
        donor.send_signal(signal.SIGKILL)
        assert await ended(donor) == 137

    with_keeper(tree, test)


def test_a_pid_namespace_that_has_died_cannot_be_joined_and_that_is_said(tree):
    async def test(kept: Kept) -> None:
        donor = await kept.launch("true")
        pidfd = os.dup(donor.pidfd)
        await ended(donor)
        with pytest.raises(LaunchFailed) as caught:
            await kept.launch(
                "true",
                descriptors=(pidfd,),
                launch={"new": int(Namespace.MOUNT), "join_pid": 0},
            )
        os.close(pidfd)
        assert caught.value.text == ("cannot join the PID namespace: its first process has ended")
        assert await kept.run("echo", "$$ is 1") == (0, "$$ is 1\n")

    with_keeper(tree, test)


def test_a_start_that_nobody_waits_for_any_more_is_ended(tree):
    async def test(kept: Kept) -> None:
        starting = asyncio.ensure_future(kept.launch("sleep", "600"))
        await asyncio.sleep(0)  # the request is on its way
        await asyncio.sleep(0)
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting
        assert await kept.run("true") == (0, "")  # told in order: the first has started
        async with asyncio.timeout(TIMEOUT_S):
            while kept.keeper._running:
                await asyncio.sleep(0.01)
        await full(kept)  # and nobody else

    with_keeper(tree, test)


def test_a_part_of_a_folder_is_bound_and_no_link_leads_out_of_it(tree, tmp_path):
    volume = tmp_path / "volume"
    (volume / "a/b").mkdir(parents=True)
    (volume / "a/b/f").write_text("deep")
    (volume / "in").symlink_to("a/b")
    (volume / "out").symlink_to(tmp_path)
    (volume / "root").symlink_to("/")
    (tmp_path / "secret").write_text("no")

    async def test(kept: Kept) -> None:
        for beneath, target, file in (("a/b", "/1", "f"), ("in", "/2", "f"), ("a/b/f", "/3", "")):
            mounts = [Bind(str(volume), target, beneath=beneath)]
            read = await kept.run("cat", f"{target}/{file}".rstrip("/"), root={"mounts": mounts})
            assert read == (0, "deep")
        for beneath in ("out", "out/secret", "root/etc", "none"):
            mounts = [Bind(str(volume), "/4", beneath=beneath)]
            with pytest.raises(LaunchFailed, match=r"escapes the volume|No such file"):
                await kept.run("true", root={"mounts": mounts})

    with_keeper(tree, test)

"""The keeper for real, as root: programs from a small root folder, their ends, and its own."""

from __future__ import annotations

import asyncio
import fcntl
import os
import select
import signal
import struct
import termios
from pathlib import Path

import pytest

from pausedemo.embedded.keeper.client import LaunchFailed
from pausedemo.embedded.keeper.process import exit_code
from pausedemo.embedded.kernel.syscalls import Namespace
from tests.embedded.keeper.keepers import NEW, TIMEOUT_S, Kept, ended, with_keeper

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


@pytest.mark.parametrize(
    ("argv", "step", "code", "text"),
    [
        (["nope"], "exec", 2, 'exec: "nope": executable file not found in $PATH'),
        (["/nope"], "exec", 2, 'exec: "/nope": stat /nope: no such file or directory'),
        (["/plain"], "exec", 13, 'exec: "/plain": permission denied'),
        (["/tmp"], "exec", 13, 'exec: "/tmp": permission denied'),
        (["/script"], "exec", 2, "exec /script: no such file or directory"),
        (["script"], "exec", 2, "exec /usr/local/bin/script: no such file or directory"),
        (["/noise"], "exec", 8, "exec /noise: exec format error"),
        (["/plain/x"], "exec", 20, 'exec: "/plain/x": stat /plain/x: no such file or directory'),
    ],
)
def test_a_program_that_cannot_be_run_is_told_in_docker_s_words(tree, argv, step, code, text):
    (tree / "plain").write_text("no program")
    (tree / "usr/local/bin").mkdir(parents=True, exist_ok=True)
    for name in ("script", "usr/local/bin/script"):
        (tree / name).write_text("#!/no/such/interpreter\n")
        (tree / name).chmod(0o755)
    (tree / "noise").write_bytes(b"\x00\x01\x02\x03 no program")
    (tree / "noise").chmod(0o755)

    async def test(kept: Kept) -> None:
        with pytest.raises(LaunchFailed) as caught:
            await kept.launch(*argv)
        told = caught.value
        assert (told.step, told.code, told.text) == (step, code, text)
        # The keeper goes on.
        assert await kept.run("echo", "on") == (0, "on\n")

    with_keeper(tree, test)


def test_a_missing_folder_is_made_when_asked_for_and_else_told(tree):
    async def test(kept: Kept) -> None:
        with pytest.raises(LaunchFailed) as caught:
            await kept.launch("pwd", cwd="/made/here")
        assert caught.value.step == "cwd"
        assert caught.value.text == (
            'chdir to cwd ("/made/here") set in config.json failed: no such file or directory'
        )
        script = "pwd; stat -c %u /made/here"
        assert await kept.run("sh", "-c", script, cwd="/made/here", make_cwd=True, user="1000") == (
            0,
            "/made/here\n1000\n",
        )

    with_keeper(tree, test)


@pytest.mark.parametrize(
    ("user", "groups", "printed"),
    [
        ("", [], "0 0 0"),
        ("app", [], "1000 100 100 20"),
        ("app:staff", [], "1000 20 20"),
        ("1234", [], "1234 0 0"),
        ("1234:5", ["staff", "77"], "1234 5 5 20 77"),
    ],
)
def test_a_program_runs_as_the_user_that_the_container_s_files_name(tree, user, groups, printed):
    (tree / "etc").mkdir(exist_ok=True)
    (tree / "etc/passwd").write_text("root:x:0:0:r:/root:/bin/sh\napp:x:1000:100:a:/srv:/bin/sh\n")
    (tree / "etc/group").write_text("root:x:0:\nusers:x:100:\nstaff:x:20:app\n")

    async def test(kept: Kept) -> None:
        command = ("sh", "-c", "echo $(id -u) $(id -g) $(id -G)")
        code, text = await kept.run(*command, user=user, groups=groups)
        assert code == 0
        uid, gid, *all_groups = text.split()
        expected_uid, expected_gid, *expected = printed.split()
        assert (uid, gid) == (expected_uid, expected_gid)
        assert sorted(all_groups) == sorted(expected)

    with_keeper(tree, test)


def test_a_user_that_nobody_knows_is_told(tree):
    async def test(kept: Kept) -> None:
        with pytest.raises(LaunchFailed) as caught:
            await kept.launch("true", user="nobody-knows")
        assert (caught.value.step, caught.value.text) == (
            "user",
            "unable to find user nobody-knows: no matching entries in passwd file",
        )

    with_keeper(tree, test)


def test_capabilities_limits_and_no_new_privileges_are_the_program_s(tree):
    async def test(kept: Kept) -> None:
        lines = ["grep", "-E", "^(CapPrm|CapEff|CapBnd|NoNewPrivs)", "/proc/self/status"]
        asked = {"capabilities": 0x401, "no_new_privileges": True}
        _, text = await kept.run(*lines, **asked)
        shown = dict(line.split(":\t") for line in text.splitlines())
        assert shown == {
            "CapPrm": "0000000000000401",
            "CapEff": "0000000000000401",
            "CapBnd": "0000000000000401",
            "NoNewPrivs": "1",
        }
        _, text = await kept.run(*lines, user="1000", **asked)
        assert "CapEff:\t0000000000000000" in text
        limits = [(7, 50, 60)]  # RLIMIT_NOFILE
        assert await kept.run("sh", "-c", "ulimit -Sn; ulimit -Hn", limits=limits) == (
            0,
            "50\n60\n",
        )

    with_keeper(tree, test)


def test_a_terminal_is_the_program_s_own_and_has_the_size_asked_for(tree):
    async def test(kept: Kept) -> None:
        process = await kept.launch(
            *("sh", "-c", "tty; stty size; read line; stty size; echo got $line"),
            launch={"terminal": True, "console": True, "size": (31, 97)},
        )
        assert process.terminal is not None
        said = b""
        while b"31 97" not in said:
            said += await asyncio.to_thread(os.read, process.terminal, 4096)
        fcntl.ioctl(process.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 12, 34, 0, 0))
        os.write(process.terminal, b"word\n")
        said += await asyncio.to_thread(read_terminal, process.terminal)
        os.close(process.terminal)
        assert await ended(process) == 0
        lines = said.decode().split()
        assert lines == ["/dev/pts/0", "31", "97", "word", "12", "34", "got", "word"]

    with_keeper(tree, test)


def read_terminal(master: int) -> bytes:
    """All that comes, up to the error that is a terminal's end."""
    said = b""
    try:
        while part := os.read(master, 4096):
            said += part
    except OSError:
        pass
    return said


def test_a_thousand_starts_leave_no_descriptor_and_no_process_behind(tree):
    async def test(kept: Kept) -> None:
        children = Path(f"/proc/{kept.pid}/task/{kept.pid}/children")
        for _ in range(5):
            assert await kept.run("true") == (0, "")
        before = count_descriptors(kept.pid), count_descriptors(os.getpid())
        for number in range(MANY):
            if number % 10 == 0:
                with pytest.raises(LaunchFailed):
                    await kept.launch("/nope")
            else:
                assert await ended(await kept.launch("true")) == 0
        assert (count_descriptors(kept.pid), count_descriptors(os.getpid())) == before
        assert children.read_text() == ""

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
        children = Path(f"/proc/{kept.pid}/task/{kept.pid}/children")
        starting = asyncio.ensure_future(kept.launch("sleep", "600"))
        await asyncio.sleep(0)  # the request is on its way
        await asyncio.sleep(0)
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting
        assert await kept.run("true") == (0, "")  # told in order: the first has started
        async with asyncio.timeout(TIMEOUT_S):
            while children.read_text():
                await asyncio.sleep(0.01)
        assert kept.keeper._running == {}

    with_keeper(tree, test)


def test_a_mount_of_the_keeper_is_seen_by_programs_and_not_by_us(tree, tmp_path):
    inside = tree / "tmp/seen"
    inside.mkdir()

    async def test(kept: Kept) -> None:
        await kept.keeper.mount("tmpfs", str(inside), "tmpfs")
        script = "grep -c ' /tmp/seen ' /proc/self/mounts"
        assert await kept.run("sh", "-c", script) == (0, "1\n")
        assert str(inside) not in Path("/proc/self/mounts").read_text()
        await kept.keeper.unmount(str(inside))
        assert await kept.run("sh", "-c", script) == (1, "0\n")
        with pytest.raises(LaunchFailed, match="No such file or directory"):
            await kept.keeper.unmount(str(tmp_path / "absent"))

    with_keeper(tree, test)


def test_sysctls_masks_and_protected_paths_hold(tree):
    async def test(kept: Kept) -> None:
        root = {
            "sysctls": {"kernel.shm_rmid_forced": "1"},
            "masked": ["/proc/keys", "/proc/fs", "/no/such"],
            "readonly_paths": ["/proc/sys", "/no/such"],
            "links": [("/dev/fd", "/proc/self/fd")],
        }
        script = (
            "cat /proc/sys/kernel/shm_rmid_forced; cat /proc/keys; ls /proc/fs; "
            "readlink /dev/fd; echo 0 2>/dev/null >/proc/sys/kernel/shm_rmid_forced || echo no"
        )
        code, text = await kept.run("sh", "-c", script, root=root)
        assert (code, text) == (0, "1\n/proc/self/fd\nno\n")

    with_keeper(tree, test)


def test_a_root_that_may_not_be_written_cannot_be(tree):
    async def test(kept: Kept) -> None:
        _, text = await kept.run(
            "sh",
            "-c",
            "touch /new 2>&1; touch /dev/new",
            root={
                "readonly": True,
            },
        )
        assert "Read-only file system" in text
        assert text.count("\n") == 1

    with_keeper(tree, test)
    assert not (tree / "new").exists()

"""What a new process does before exec, for real, as root: its files, user, rights and terminal."""

from __future__ import annotations

import asyncio
import fcntl
import os
import struct
import termios

import pytest

from pausedemo.embedded.keeper.client import LaunchFailed
from pausedemo.embedded.keeper.launch import Bind
from tests.embedded.keeper.keepers import Kept, ended, with_keeper


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
            "/made/here\n0\n",
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


@pytest.mark.parametrize(
    ("name", "value", "code", "text"),
    [
        ("net.nosuch", "1", 2, "open /proc/sys/net/nosuch: no such file or directory"),
        ("net..nosuch/", "1", 2, "open /proc/sys/net/nosuch: no such file or directory"),
        ("net", "1", 21, "open /proc/sys/net: is a directory"),
        ("", "1", 21, "open /proc/sys: is a directory"),
        ("kernel.msgmax", "no number", 22, "write /proc/sys/kernel/msgmax: invalid argument"),
        ("debug.x", "1", 18, "open /proc/sys/debug/x: invalid cross-device link"),
    ],
)
def test_a_sysctl_that_cannot_be_written_is_told_in_the_words_of_runc(
    tree, name, value, code, text
):
    """Not even into a folder of the machine that is mounted there."""
    (tree / "given").mkdir()
    (tree / "given/x").write_text("as before")

    async def test(kept: Kept) -> None:
        mounts = [Bind(str(tree / "given"), "/proc/sys/debug")]
        with pytest.raises(LaunchFailed) as caught:
            await kept.launch("true", root={"sysctls": {name: value}, "mounts": mounts})
        told = caught.value
        assert (told.step, told.code, told.text) == ("sysctl", code, text)

    with_keeper(tree, test)
    assert (tree / "given/x").read_text() == "as before"


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


def test_a_missing_folder_is_made_before_the_root_can_no_longer_be_written(tree):
    async def test(kept: Kept) -> None:
        code, text = await kept.run(
            *("sh", "-c", "pwd; stat -c %u .; touch new 2>&1"),
            cwd="/made/here",
            make_cwd=True,
            user="1000",
            root={"readonly": True},
        )
        assert text.splitlines()[:2] == ["/made/here", "0"]
        assert (code, "Read-only file system" in text) == (1, True)

    with_keeper(tree, test)

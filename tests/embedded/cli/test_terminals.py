"""``docker run -it``, ``exec -it`` and ``attach`` with real terminals."""

from __future__ import annotations

import re

import pytest

from tests.embedded.cli.conftest import Docker, Terminal, finish
from tests.waiting import wait_until

DETACH = "\x10\x11"  # Ctrl-P Ctrl-Q
CTRL_C = "\x03"
CTRL_D = "\x04"
#: Not as a whole in the line that the terminal echoes.
READY = "echo rea''dy"


@pytest.mark.parametrize("how", ["run", "exec"])
def test_a_terminal_has_the_size_of_the_users_and_follows_it(
    docker: Docker, busybox: str, how: str
) -> None:
    terminal = _open_shell(docker, busybox, how, rows=31, columns=99)
    # The command line tells the size right after the start, so the first look may be too early.
    wait_until("the size is told", lambda: _ask_size(terminal) == "31 99")
    terminal.setwinsize(17, 53)
    wait_until("the new size is told", lambda: _ask_size(terminal) == "17 53")
    terminal.sendline("exit 3")
    assert finish(terminal) == 3


@pytest.mark.parametrize("how", ["run", "exec"])
def test_ctrl_c_interrupts_what_the_shell_runs_and_not_the_shell(
    docker: Docker, busybox: str, how: str
) -> None:
    terminal = _open_shell(docker, busybox, how)
    # What speaks is in the foreground by then; a sleep after it need not be yet.
    terminal.sendline("sh -c 'echo sle\"\"eps; exec sleep 1000'")
    terminal.expect_exact("sleeps")
    terminal.send(CTRL_C)
    terminal.sendline("echo code=$?.")
    terminal.expect_exact("code=130.")
    terminal.send(CTRL_D)
    assert finish(terminal) == 0


def test_both_streams_of_a_terminal_are_one(docker: Docker, busybox: str) -> None:
    terminal = docker.spawn("run", "-it", "--rm", busybox, "sh", "-c", "echo out; echo err >&2")
    terminal.expect_exact("out\r\nerr\r\n")
    assert finish(terminal) == 0


def test_ctrl_p_ctrl_q_leaves_the_container_running_and_attach_comes_back(
    docker: Docker, busybox: str
) -> None:
    terminal = docker.spawn("run", "-it", "--name", "left", busybox, "sh")
    terminal.sendline(f"kept=kept; {READY}")
    terminal.expect_exact("ready")
    terminal.send(DETACH)
    assert finish(terminal) == 0
    assert docker("inspect", "-f", "{{.State.Status}}", "left") == "running\n"
    again = docker.spawn("attach", "left")
    again.sendline("echo we=$kept.; exit 5")
    again.expect_exact("we=kept.")
    assert finish(again) == 5
    assert docker("inspect", "-f", "{{.State.ExitCode}}", "left") == "5\n"


def test_an_exec_may_be_left_too(docker: Docker, busybox: str) -> None:
    docker("run", "-d", "--name", "target", busybox, "sleep", "1000")
    terminal = docker.spawn("exec", "-it", "target", "sh")
    terminal.sendline(READY)
    terminal.expect_exact("ready")
    terminal.send(DETACH)
    terminal.expect_exact("read escape sequence")
    finish(terminal)
    rows = docker("top", "target", "-o", "pid,args").splitlines()[1:]
    assert [row.split(maxsplit=1)[1] for row in rows] == ["sleep 1000", "sh"]


def test_other_keys_detach_when_the_user_says_so(docker: Docker, busybox: str) -> None:
    terminal = docker.spawn("run", "-it", "--detach-keys", "ctrl-x,y", "--name", "keys", busybox)
    terminal.sendline(READY)
    terminal.expect_exact("ready")
    terminal.send("\x18y")
    assert finish(terminal) == 0
    assert docker("ps", "--format", "{{.Names}}", "--filter", "name=keys") == "keys\n"


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["attach", "--no-stdin"], "unable to upgrade to tcp, received 400"),
        (["exec"], "Error response from daemon: Invalid escape keys (ctrl-1) provided"),
    ],
)
def test_keys_that_have_no_name_are_refused(
    docker: Docker, busybox: str, words: list[str], complaint: str
) -> None:
    docker("run", "-dit", "--name", "keyless", busybox)
    more = ["cat"] if "exec" in words else []
    assert docker.complain(*words, "--detach-keys", "ctrl-1", "keyless", *more) == complaint


def test_a_user_who_leaves_may_come_back_and_leave_again(docker: Docker, busybox: str) -> None:
    terminal = docker.spawn("run", "-it", "--name", "often", busybox, "sh")
    terminal.sendline(READY)
    terminal.expect_exact("ready")
    terminal.send(DETACH)
    assert finish(terminal) == 0
    for _ in range(2):
        again = docker.spawn("attach", "often")
        again.sendline("echo ba''ck")
        again.expect_exact("back")
        again.send(DETACH)
        again.expect_exact("read escape sequence")
        finish(again)
        assert docker("inspect", "-f", "{{.State.Status}}", "often") == "running\n"


def test_a_started_container_with_a_terminal_takes_what_is_typed(
    docker: Docker, busybox: str
) -> None:
    docker("create", "-it", "--name", "later", busybox, "sh", "-c", "read a; echo got=$a.")
    terminal = docker.spawn("start", "-ai", "later")
    terminal.sendline("word")
    terminal.expect_exact("got=word.")
    assert finish(terminal) == 0


def test_sigterm_of_the_command_line_reaches_the_container(docker: Docker, busybox: str) -> None:
    script = "trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.1; done"
    running = docker.start("run", "--rm", busybox, "sh", "-c", script)
    with running:
        assert running.stdout is not None
        try:
            assert running.stdout.readline() == b"ready\n"
            running.terminate()
            assert (running.stdout.read(), running.wait(60)) == (b"bye\n", 7)
        finally:
            running.kill()


def test_ctrl_c_ends_a_followed_log_and_not_the_container(docker: Docker, busybox: str) -> None:
    docker("run", "-d", "--name", "spoken", busybox, "sh", "-c", "echo said; exec sleep 1000")
    terminal = docker.spawn("logs", "-f", "spoken")
    terminal.expect_exact("said")
    terminal.send(CTRL_C)
    assert finish(terminal) == 130
    assert docker("inspect", "-f", "{{.State.Running}}", "spoken") == "true\n"


def _open_shell(docker: Docker, busybox: str, how: str, **size: int) -> Terminal:
    if how == "run":
        return docker.spawn("run", "-it", "--rm", busybox, "sh", **size)
    docker("run", "-d", "--name", "host", busybox, "sleep", "1000")
    return docker.spawn("exec", "-it", "host", "sh", **size)


def _ask_size(terminal: Terminal) -> str:
    terminal.sendline("echo size=$(stty size).")
    terminal.expect(r"size=(\d+ \d+|)\.")  # none before it is told
    assert isinstance(terminal.match, re.Match)
    return str(terminal.match.group(1))
